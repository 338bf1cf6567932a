"""Which ticket system a connection leads to: a kind, an address, and at many an address a tenant."""

from urllib.parse import urlsplit

from pydantic import BaseModel
from sqlalchemy import exists, or_, select

from flowpilot.db.session import Db
from flowpilot.http.fields import wrong
from flowpilot.psa.connections.models import ProviderKind, PsaBoardStatus, PsaConnection, PsaMember
from flowpilot.psa.postings.models import PsaPosting
from flowpilot.psa.providers.registry import PROVIDERS

_PORTS = {"http": 80, "https": 443}


def tenant_of(kind: str, credentials: BaseModel) -> str:
    """Whose desk these credentials lead to, where many share an address; empty where there is one."""
    return PROVIDERS[ProviderKind(kind)].tenant(credentials).casefold()


async def check_same(
    db: Db, connection: PsaConnection, address: str, tenant: str | None, *, other_settings: bool
) -> None:
    """Check that a change does not lead to another ticket system.

    Members, statuses and tickets are known by numbers, which are somebody else's and something else there. As long
    as nothing was learnt from it or posted to it, there is nothing to mix up.

    Args:
        db: the transaction.
        connection: as it is before the change.
        address: as it would be.
        tenant: of new credentials; None without any. One that was not known before is no other one.
        other_settings: whether new addresses are among the settings.

    Raises:
        RequestValidationError: it may be another ticket system, at the field that says so.
    """
    is_other = {
        "base_url": _place(address) != _place(connection.base_url),
        "settings": other_settings,
        "credentials": bool(connection.tenant) and tenant not in {None, connection.tenant},
    }
    field = next((field for field, is_so in is_other.items() if is_so), None)
    if field is not None and await _is_known(db, connection):
        raise wrong(
            field,
            "This may be another ticket system, in which the same numbers are other tickets and other people. "
            "If it is, connect it again: remove this connection first, what was posted stays on record. If it is "
            "the same one under another name, say so (same_system).",
        )


async def _is_known(db: Db, connection: PsaConnection) -> bool:
    known = (
        exists().where(table.account_id == connection.account_id, table.connection_id == connection.id)
        for table in (PsaMember, PsaBoardStatus, PsaPosting)
    )
    return await db.scalar(select(or_(*known))) or False


def _place(address: str) -> tuple[str | None, int | None, str]:
    """Where an address leads: http and https are one place, unless a port tells them apart."""
    url = urlsplit(address)
    port = None if url.port == _PORTS.get(url.scheme) else url.port
    return url.hostname, port, url.path.rstrip("/")
