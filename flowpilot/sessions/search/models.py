"""The words by which sessions are found."""

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, TenantPart


class SessionText(TenantPart, Base):
    """What a session can be found by: its words as `words.py` writes them, and who it is about, by their ids.

    A transaction that has set `app.search` sees only the texts that it finds (docs/decisions/0078).
    """

    __tablename__ = "session_texts"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "id"], ["ai_sessions.account_id", "ai_sessions.id"]),
        Index("session_texts_words_idx", "account_id", "words", postgresql_using="gin"),
    )

    words: Mapped[str] = mapped_column(TSVECTOR(), server_default="")
