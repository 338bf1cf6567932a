"""Words that are removed for good from a session are removed from what imports have said of it, too."""

from sqlalchemy import func, select, update

from flowpilot.db.session import Db
from flowpilot.imports.models import ImportCase
from flowpilot.sessions.removal.copies import Copy, Found
from flowpilot.sessions.removal.scope import Removal


async def empty_cases(db: Db, removal: Removal) -> Found:
    """Empty all of it: a session from which a person removes words is never written by an import again."""
    own = ImportCase.account_id == removal.account_id, ImportCase.session_id == removal.session_id
    kept = func.jsonb_array_length(ImportCase.rows) > 0
    found = (await db.scalars(select(ImportCase.id).where(*own, kept))).all()
    if not found:
        return Found()
    if not removal.is_preview:
        await db.execute(update(ImportCase).where(*own).values(rows=[]))
    return Found([Copy("What imports have said of this session")])
