"""Sessions are found by their words, wherever those stand."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.sessions.search.words import MAX_WORDS, stored
from tests.clients.calls import send, session_for
from tests.company import Company
from tests.sessions.edits.helpers import edit, newest
from tests.sessions.flows import SESSIONS, post, publish_printer_flow, start, start_by_request, take
from tests.sessions.search.helpers import found, found_in, make_findable


def _begin(client: TestClient, company: Company, **about: Any) -> str:
    own_id: str = start(client, company, **{"problem_summary": "Something odd", **about})["id"]
    return own_id


def _keeps(company: Company, word: str) -> int:
    """How many texts have the word."""
    [[n]] = company.query("SELECT count(*) FROM session_texts WHERE words @@ CAST(%s AS tsquery)", word)
    return int(n)


@pytest.mark.parametrize(
    "words",
    [
        "printer offline",
        "OFFLINE printer",
        "offl",
        "straße muller",
        "STRASSE Müller",
        "café",
        "cafe\u0301 printer",
        "nino",
        "srv-01",
        "0x80070005",
        "0X8007",
        "Łódź",
        "lodz",
        "打印",
        "机",
        "“printer”",
    ],
)
def test_words_are_found_in_any_order_and_without_accents(
    client: TestClient, company: Company, words: str
) -> None:
    said = "Printer on SRV-01 offline (0x80070005): Müller, Straße 5, Café El Niño, Łódź, 打印机坏了"
    wanted = _begin(client, company, problem_summary=said)
    _begin(client, company, problem_summary="The plotter is broken")
    assert found(client, company, words) == [wanted]


@pytest.mark.parametrize(
    "words", ["printer online", "rinter", "strase", "server", "%", "' OR 1=1 --", "a'b | !c:*"]
)
def test_other_words_find_nothing(client: TestClient, company: Company, words: str) -> None:
    _begin(client, company, problem_summary="Printer offline in the Hauptstraße")
    assert found(client, company, words) == []


def test_words_are_found_wherever_somebody_wrote_them(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    session = start(
        client,
        company,
        problem_summary="Printer\nprints nothing since Tuesday.\nIn colour, too.",
        psa_ticket_id="T-4711",
    )
    own_id = session["id"]
    take(client, company, own_id, free_text="Perhaps, it blinks in amber")
    take(client, company, own_id, choice="No")
    take(client, company, own_id, outcome="It prints", note="Fuse replaced")
    post(client, company, f"{own_id}/resolve", summary="A blown fuse of the strip").raise_for_status()
    for words, places in {
        "tuesday": {"title": "Printer prints nothing since [Tuesday]"},
        "tuesday colour": {"body": "Printer prints nothing since [Tuesday]. In [colour], too."},
        "amber": {"note": "Perhaps, it blinks in [amber]"},
        "replaced fuse": {"note": "[Fuse] [replaced]"},
        "blown tuesday": {
            "title": "Printer prints nothing since [Tuesday]",
            "resolution": "A [blown] fuse of the strip",
        },
        "4711": {"ticket": "T-[4711]"},
        "t-4711 printer": {"title": "[Printer] prints nothing since [Tuesday]", "ticket": "[T]-[4711]"},
    }.items():
        assert found(client, company, words) == [own_id], words
        assert found_in(client, company, words) == places
    # What the flow says is the same in all its sessions.
    assert found(client, company, "switch") == []


def test_clients_and_people_are_found_by_what_they_are_called_now(client: TestClient, company: Company) -> None:
    old, new = (session_for(client, company, client_name=name) for name in ("Höfer AG", "Globex"))
    other_id, client_id = new["client"]["id"], old["client"]["id"]
    [[name]] = company.query("SELECT name FROM users WHERE id = %s", company.users[Role.ENGINEER])
    assert found(client, company, "hofer chair") == [old["id"]]
    assert found_in(client, company, "hofer") == {"client": "[Höfer] AG"}
    assert found(client, company, f"hofer {name}") == ([old["id"]] if name else [])
    send(client, company, "PATCH", f"/{client_id}", name="Initech").raise_for_status()
    assert found(client, company, "initech") == [old["id"]]

    merged = send(client, company, "POST", f"/{client_id}/merge", into=other_id).json()
    assert found(client, company, "globex") == [new["id"], old["id"]]
    send(client, company, "POST", f"/merges/{merged['merges'][0]['id']}/undo").raise_for_status()
    assert found(client, company, "globex") == [new["id"]]
    assert found(client, company, "initech") == [old["id"]]
    assert make_findable(company) == 0


def test_people_are_those_who_started_it_or_wrote_in_it(client: TestClient, company: Company) -> None:
    imported = company.add_imported("Zoë Brontë")
    theirs = str(company.add("ai_sessions", user_id=imported))
    helped = str(company.add("ai_sessions", problem_summary="The chair"))
    company.add("ai_session_steps", session_id=helped, position=1, actor_id=imported)
    company.add("ai_sessions", problem_summary="The table")
    make_findable(company)
    assert sorted(found(client, company, "bronte zoe")) == sorted([theirs, helped])
    assert found(client, company, "zoe chair") == [helped]
    assert found_in(client, company, "zoe chair") == {"title": "The [chair]", "person": "[Zoë] Brontë"}


def test_what_was_corrected_or_struck_is_found_as_it_reads_now(client: TestClient, company: Company) -> None:
    own_id = _begin(client, company)
    note = newest(take(client, company, own_id, free_text="Restarted the spooler"), "note")
    edit(client, company, note, "correct", text="Restarted the router")
    assert (found(client, company, "spooler"), found(client, company, "router")) == ([], [own_id])
    assert found_in(client, company, "router") == {"note": "Restarted the [router]"}
    edit(client, company, note, "strike")
    assert found(client, company, "router") == []
    answer = {"problem_summary": "Something else", "psa_ticket_id": "77"}
    client.patch(f"{SESSIONS}/{own_id}", headers=company.headers(), json=answer).raise_for_status()
    assert (found(client, company, "odd"), found(client, company, "else 77")) == ([], [own_id])


def test_words_that_are_removed_are_nowhere_in_the_search(client: TestClient, company: Company) -> None:
    own_id = _begin(client, company)
    note = newest(take(client, company, own_id, free_text="Signed in with Hunter2 today"), "note")
    assert _keeps(company, "hunter2") == 1
    edit(client, company, note, "remove", phrase="Hunter2")
    assert (_keeps(company, "hunter2"), _keeps(company, "signed & today")) == (0, 1)


def test_each_account_finds_its_own_and_filters_hold(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    _begin(client, neighbour, problem_summary="The printer")
    first, second = (start_by_request(client, company, problem_summary="The printer")["id"] for _ in range(2))
    post(client, company, f"{first}/pause").raise_for_status()
    assert found(client, company, "printer") == [second, first]
    assert found(client, company, "printer", status="paused") == [first]
    assert found(client, company, "printer", limit=1) == [second]
    assert found(client, company, "printer", cursor=second) == [first]


def test_postgresql_keeps_as_many_words_as_are_stored_however_long(company: Company) -> None:
    # Two letters of four bytes each.
    letters = str.maketrans("01", "\U00010330\U00010331")
    text = " ".join(f"{number:040b}".translate(letters)[::-1] for number in range(MAX_WORDS + 100))
    [[n]] = company.query("SELECT length(CAST(%s AS tsvector))", stored([text], [company.id]))
    assert n == MAX_WORDS


def test_what_is_kept_is_what_is_made_again(client: TestClient, company: Company) -> None:
    test_words_are_found_wherever_somebody_wrote_them(client, company)
    test_what_was_corrected_or_struck_is_found_as_it_reads_now(client, company)
    kept = company.query("SELECT id, words FROM session_texts ORDER BY id")
    company.query("DELETE FROM session_texts RETURNING id")
    assert make_findable(company) == len(kept) == 2
    assert company.query("SELECT id, words FROM session_texts ORDER BY id") == kept


@pytest.mark.parametrize(
    "name", ["Ann MILLER", "ann Mi\u0308ller", "Ann Mi\x07ller", "Ann M\N{FULLWIDTH LATIN SMALL LETTER I}ller"]
)
def test_a_name_is_found_however_it_is_written(client: TestClient, company: Company, name: str) -> None:
    theirs = str(company.add("ai_sessions", user_id=company.add_imported(name)))
    make_findable(company)
    assert found(client, company, "miller") == [theirs]
