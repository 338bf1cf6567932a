"""What an account posts to its ticket system by itself."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base


class PsaRules(Base):
    """What an account posts by itself, and when. Accounts without a row have the defaults.

    `hold_minutes`: a posting waits for so long before it goes; `waits_for_person`: until somebody sends it.
    """

    __tablename__ = "psa_rules"
    __table_args__ = (CheckConstraint("hold_minutes BETWEEN 0 AND 10080", "hold_minutes"),)

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    posts_note: Mapped[bool] = mapped_column(server_default="true")
    posts_time: Mapped[bool] = mapped_column(server_default="true")
    posts_status: Mapped[bool] = mapped_column(server_default="false")
    posts_escalation: Mapped[bool] = mapped_column(server_default="false")
    hold_minutes: Mapped[int] = mapped_column(server_default="0")
    waits_for_person: Mapped[bool] = mapped_column(server_default="false")
    client_greeting: Mapped[str] = mapped_column(server_default="")
    client_signature: Mapped[str] = mapped_column(server_default="")
    ticket_url_template: Mapped[str | None]


def default_rules(account_id: uuid.UUID) -> PsaRules:
    """The rules of an account that has changed none."""
    return PsaRules(
        account_id=account_id,
        posts_note=True,
        posts_time=True,
        posts_status=False,
        posts_escalation=False,
        hold_minutes=0,
        waits_for_person=False,
        client_greeting="",
        client_signature="",
        ticket_url_template=None,
    )
