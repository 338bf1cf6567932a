"""A connection's row leads to the provider that it names, with the credentials that it holds."""

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from flowpilot.db.session import Database
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.connections.opening import open_provider
from flowpilot.psa.provider import CredentialsError, TicketQuery
from flowpilot.psa.providers.console import Console
from flowpilot.settings import Settings
from tests.company import Company
from tests.psa.connections.rows import add_connection

pytestmark = pytest.mark.anyio


async def _row(database: Database, company: Company) -> PsaConnection:
    add_connection(company)
    async with database.read(company.id) as db:
        query = select(PsaConnection).where(PsaConnection.account_id == company.id)
        return (await db.scalars(query)).one()


async def test_it_is_the_provider_of_the_connection(
    database: Database, settings: Settings, company: Company
) -> None:
    provider = open_provider(database, settings, await _row(database, company))
    assert provider.capabilities is Console.capabilities
    assert (await provider.search(TicketQuery())).items == []
    await provider.aclose()


async def test_credentials_of_another_secret_key_are_asked_for_again(
    database: Database, settings: Settings, company: Company
) -> None:
    changed = settings.model_copy(update={"secret_key": SecretStr("t" * 32)})
    with pytest.raises(CredentialsError, match="secret key has changed"):
        open_provider(database, changed, await _row(database, company))
