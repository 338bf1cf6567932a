"""What two people say to each other while a fix waits reaches the other, and is not over."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do, set_aside_by_kim
from tests.handoffs.helpers import claimed_by_kim, done
from tests.sessions.flows import SESSIONS
from tests.sessions.queue import work_off

pytestmark = pytest.mark.anyio


class Notified:
    """Notices of an account whose claims do not lapse, because all that is due later is done at once."""

    def __init__(self, client: TestClient, company: Company, settings: Settings, database: Database) -> None:
        self.client, self.company, self.settings, self.database = client, company, settings, database
        done(client.patch("/api/v1/account", headers=company.headers(), json={"lease_minutes": None}))

    async def unread(self, who: dict[str, str], kind: str) -> list[str]:
        await work_off(self.company, self.settings, self.database)
        page = done(self.client.get("/api/v1/notifications?unread=true", headers=who))
        assert page["unread_count"] == len(page["items"])
        return [one["text"] for one in page["items"] if one["kind"] == kind]


@pytest.fixture
def notified(client: TestClient, company: Company, settings: Settings, database: Database) -> Notified:
    return Notified(client, company, settings, database)


async def test_a_question_stays_asked_and_its_answer_is_read(
    client: TestClient, company: Company, notified: Notified
) -> None:
    handoff, kim = claimed_by_kim(client, company)
    engineer, path = company.headers(Role.ENGINEER), f"/api/v1/handoffs/{handoff['id']}/questions"
    for text in ("Which printer?", "Which tray?"):
        asked = client.post(path, headers=kim.headers, json={"question": text}).json()["questions"]
    done(do(client, handoff, kim.headers, "verify", **FIX))
    assert len(await notified.unread(engineer, "asked")) == 2
    done(client.post(f"{path}/{asked[0]['id']}/answer", headers=engineer, json={"answer": "The small one."}))
    assert ["The small one." in one for one in await notified.unread(kim.headers, "answered")] == [True]
    done(do(client, handoff, kim.headers, "verify/fail"))
    assert ["Which tray?" in one for one in await notified.unread(engineer, "asked")] == [True]
    done(do(client, handoff, kim.headers, "verify", **FIX))
    done(do(client, handoff, kim.headers, "verify/confirm"))
    assert await notified.unread(engineer, "asked") == []


async def test_what_is_over_says_that_a_fix_waits(
    client: TestClient, company: Company, notified: Notified
) -> None:
    set_aside_by_kim(client, company)
    engineer = company.headers(Role.ENGINEER)
    assert await notified.unread(engineer, "claimed") == []
    items = done(client.get("/api/v1/notifications", headers=engineer))["items"]
    [claimed] = [one for one in items if one["kind"] == "claimed"]
    assert claimed["settled"] == "A fix was applied, and waits to be looked at."


def _listed(client: TestClient, who: dict[str, str]) -> list[int]:
    return [one["n_notes"] for one in done(client.get(f"{SESSIONS}/waiting-to-verify", headers=who))["items"]]


async def test_a_note_of_somebody_else_reaches_whoever_waits(
    client: TestClient, company: Company, notified: Notified
) -> None:
    handoff, kim = set_aside_by_kim(client, company)
    assert do(client, handoff, kim.headers, "steps", free_text="I called them.").status_code == 201
    assert (_listed(client, kim.headers), await notified.unread(kim.headers, "noted")) == ([0], [])
    engineer = company.headers(Role.ENGINEER)
    step = do(client, handoff, engineer, "steps", free_text="It came back at noon.").json()["steps"][-1]["id"]
    [notice] = await notified.unread(kim.headers, "noted")
    assert "has added a note. The fix for" in notice
    assert "noon" not in notice
    assert (_listed(client, kim.headers), await notified.unread(engineer, "noted")) == ([1], [])
    done(client.post(f"{SESSIONS}/{handoff['session_id']}/steps/{step}/strike", headers=engineer))
    assert _listed(client, kim.headers) == [0]
    done(do(client, handoff, kim.headers, "verify/fail"))
    assert await notified.unread(kim.headers, "noted") == []
