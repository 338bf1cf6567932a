"""The clients of the benchmark do what they are counted for, each over one connection."""

import asyncio

from benchmarks.rates.clients import Client, claims_a_second, steps_a_second
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.live.streams import serving


def test_clients_take_steps_and_claim(settings: Settings, urls: DatabaseUrls, company: Company) -> None:
    keys = [company.headers(role)["Authorization"].removeprefix("Bearer ") for role in (Role.ENGINEER, Role.OWNER)]

    async def work(address: str) -> tuple[float, float]:
        engineers, seniors = [[await Client.connect(address, key) for _ in range(2)] for key in keys]
        rates = await steps_a_second(engineers, 3), await claims_a_second(engineers, seniors, 2)
        for client in (*engineers, *seniors):
            client.close()
        return rates

    with serving(settings, urls) as address:
        assert min(asyncio.run(work(address))) > 0
    assert company.query("SELECT count(*) FROM ai_session_steps") == [(6,)]
    assert company.query("SELECT count(*) FROM session_handoffs WHERE claimed_by IS NOT NULL") == [(4,)]
