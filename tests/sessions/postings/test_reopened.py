"""A session that ends several times: what is posted each time is what is new, and nothing is posted twice."""

import itertools
import math
import random
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.sessions import service
from tests.company import Company
from tests.sessions.postings.connected import SESSIONS, Connected
from tests.sessions.story import Story, when

pytestmark = pytest.mark.anyio

Verb = tuple[str, Any, tuple[str, ...]]
ENDED = {"resolved", "abandoned"}
THE_END: Verb = ("kim", service.resolve, ("A new fuse.",))
# What may follow each status: a verb of the product with its words, and who does it.
VERBS: dict[str, list[Verb]] = {
    "active": [
        ("kim", service.write_text, ("Looked at the fuse.",)),
        ("ann", service.write_text, ("Looked at the cable.",)),
        ("kim", service.pause, ("Lunch.",)),
        THE_END,
        ("kim", service.abandon, ("They do not answer.",)),
    ],
    "paused": [("kim", service.resume, ())],
    "resolved": [("kim", service.reopen, ("It blinks again.",))],
    "abandoned": [("kim", service.resume, ())],
}


@pytest.fixture
def story(client: TestClient, company: Company, database: Database) -> Story:
    return Story(client, company, database)


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    connected = Connected(client, company)
    connected.connect()
    return connected


def _times(postings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for posting in postings for step in posting["steps"] if step["kind"] == "time"]


async def test_the_second_end_posts_only_the_new_note_and_the_new_time(story: Story, desk: Connected) -> None:
    await story.begin("09:00", psa_ticket_id="4711")
    await story.does("09:10:30", service.write_text, "Looked at the fuse.")
    await story.does("09:20:30", service.resolve, "A new fuse.")
    await story.does("10:00", service.reopen, "It blinks again.")
    await story.does("10:07", service.write_text, "Found another fuse.")
    await story.does("10:15:10", service.resolve, "Two new fuses.")
    last, first = desk.postings(str(story.session_id))
    assert ("Looked at the fuse." in first["text"], "Looked at the fuse." in last["text"]) == (True, False)
    assert ("Found another fuse." in last["text"], "Two new fuses." in last["text"]) == (True, True)
    assert [(one["minutes"], one["worked_seconds"]) for one in _times([first, last])] == [(21, 1230), (16, 910)]


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_done_each_second_of_work_is_posted_once(
    story: Story, desk: Connected, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a plan of verbs, not a secret
    moment, status = when("08:00"), "active"
    await story.begin(f"{moment:%H:%M:%S}", psa_ticket_id="4711")
    path, ended, has_work = f"{SESSIONS}/{story.session_id}", 0, False
    for turn in itertools.count():
        if turn >= 14 and status in ENDED:
            break
        moment += timedelta(seconds=dice.randint(1, 2_400))
        may_end = turn >= 14 and status == "active"
        who, verb, words = THE_END if may_end else dice.choice(VERBS[status])
        does = story.does if who == "kim" else story.ann_does
        await does(f"{moment:%H:%M:%S}", verb, *words)
        status = desk.ask("GET", path)["status"]
        # One that is given up before anybody did anything posts nothing.
        has_work |= verb in {service.write_text, service.resolve}
        ended += verb is service.resolve or (verb is service.abandon and has_work)
    postings = desk.postings(str(story.session_id))
    times = _times(postings)
    assert len(postings) == ended
    assert all(one["minutes"] == max(1, math.ceil(one["worked_seconds"] / 60)) for one in times)
    spent = desk.ask("GET", f"{path}/documentation")["work_seconds"]
    assert sum(one["worked_seconds"] for one in times) == pytest.approx(spent)
