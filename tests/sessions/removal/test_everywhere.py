"""A word that was typed by mistake goes through everything, is removed, and is nowhere any more."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import SESSIONS, count_wrong, post, read
from tests.sessions.removal.everywhere import REACHED, places_of
from tests.sessions.removal.spilled import SpilledSession

pytestmark = pytest.mark.anyio


@pytest.fixture
async def spilled(client: TestClient, company: Company, database: Database) -> SpilledSession:
    spilled = SpilledSession(client, company)
    await spilled.tell(database)
    return spilled


async def test_the_story_takes_the_word_everywhere(spilled: SpilledSession) -> None:
    assert places_of(spilled.company.urls, spilled.word) >= REACHED


@pytest.mark.parametrize("is_phrase", [False, True])
async def test_a_removed_word_is_in_no_column_of_any_table(spilled: SpilledSession, *, is_phrase: bool) -> None:
    spilled.remove(**({"phrase": spilled.word} if is_phrase else {}))
    assert places_of(spilled.company.urls, spilled.word) == set()


async def test_the_step_stays_with_its_place_and_author_and_so_do_the_counts(spilled: SpilledSession) -> None:
    before = read(spilled.client, spilled.company, spilled.session_id)
    actions = "SELECT claimed_at, first_action_at, first_action_by FROM session_handoffs"
    acted = spilled.company.query(actions)
    spilled.remove()
    after = read(spilled.client, spilled.company, spilled.session_id)
    kept = ("id", "position", "kind", "actor_id", "is_free_text", "created_at")
    assert [[one[name] for name in kept] for one in after["steps"]] == [
        [one[name] for name in kept] for one in before["steps"]
    ]
    assert after["step_count"] == before["step_count"]
    assert spilled.company.query(actions) == acted
    assert count_wrong(spilled.company) == 0


async def test_what_went_out_is_listed_with_a_link(spilled: SpilledSession) -> None:
    found = spilled.remove()
    assert [(one["text"].split(",")[0], one["url"]) for one in found["went_out"]] == [
        ("The note on ticket 4711", "https://desk.example/4711"),
        ("2 files on ticket 4711", "https://desk.example/4711"),
        ("An e-mail to Ann", None),
    ]
    step = next(
        one
        for one in read(spilled.client, spilled.company, spilled.session_id)["steps"]
        if one["id"] == spilled.step_id
    )
    assert step["removed"]["went_out"] == found["went_out"]
    assert step["removed"]["by"] == str(spilled.company.users[Role.TEAM_ADMIN])


async def test_the_audit_log_says_who_removed_which_step_when_without_the_words(spilled: SpilledSession) -> None:
    spilled.remove()
    [(actor, target, after)] = spilled.company.query(
        "SELECT actor_id, target_id, after FROM audit_log WHERE action = 'step.removed'"
    )
    assert (actor, str(target)) == (spilled.company.users[Role.TEAM_ADMIN], spilled.session_id)
    assert (after["step"], after["whole"], after["went_out"]) == (spilled.step_id, True, 3)


async def test_a_preview_says_the_same_and_changes_nothing(spilled: SpilledSession) -> None:
    before = places_of(spilled.company.urls, spilled.word)
    path = f"{spilled.session_id}/steps/{spilled.step_id}/remove/preview"
    seen = post(spilled.client, spilled.company, path, Role.TEAM_ADMIN).json()
    assert places_of(spilled.company.urls, spilled.word) == before
    assert seen["words"] == [spilled.text, f"{spilled.text}.\nTwice", f"{spilled.text}.log"]
    assert spilled.remove() == seen | {"words": []}


async def test_a_repeated_request_neither_repeats_the_words_nor_records_twice(spilled: SpilledSession) -> None:
    spilled.remove()
    steps = read(spilled.client, spilled.company, spilled.session_id)["step_count"]
    headers = spilled.company.headers(Role.ENGINEER) | {"Idempotency-Key": "step"}
    again = spilled.client.post(f"{SESSIONS}/{spilled.session_id}/steps", headers=headers, json=spilled.step)
    assert (again.status_code, again.json()["type"].rpartition(":")[2]) == (409, "answer-forgotten")
    assert read(spilled.client, spilled.company, spilled.session_id)["step_count"] == steps
    assert places_of(spilled.company.urls, spilled.word) == set()


async def test_a_neighbours_words_stay(spilled: SpilledSession, neighbour: Company) -> None:
    session = neighbour.add("ai_sessions", problem_summary=spilled.text)
    neighbour.add("ai_session_steps", session_id=session, position=1, kind="note", content={"text": spilled.text})
    spilled.remove()
    assert places_of(spilled.company.urls, spilled.word) == {
        "ai_sessions.problem_summary",
        "ai_session_steps.content",
    }


@pytest.mark.parametrize("is_phrase", [False, True])
async def test_a_client_that_is_called_so_keeps_its_name_and_is_named(
    spilled: SpilledSession, *, is_phrase: bool
) -> None:
    client_id = spilled.company.add("clients", name=f"Office of {spilled.word}")
    noted = spilled.company.add("clients", name="Plumber", notes=f"The password is {spilled.word}.")
    found = spilled.remove(**({"phrase": spilled.word} if is_phrase else {}))
    paths = [one["path"] for one in found["kept"]]
    assert sorted(paths) == sorted([f"/clients/{client_id}", f"/clients/{noted}"])
    assert spilled.word not in str(found)
    assert places_of(spilled.company.urls, spilled.word) == {"clients.name", "clients.notes"}
