"""What a person chooses by looking becomes the mapping that says so."""

from pathlib import Path

import pytest

from flowpilot.imports.choosing.choices import Choices, choose, finished
from flowpilot.imports.choosing.roles import role_of, shape_of
from flowpilot.imports.choosing.values import meaning_of
from flowpilot.imports.guess.columns import FileSample
from flowpilot.imports.guess.mapping import Draft, guess
from flowpilot.imports.guess.suggest import read_sample, suggest
from flowpilot.imports.mapping.sections import MappingError
from tests.conftest import SHARED_DATA
from tests.imports.test_vendors import SAMPLES

LOG = """case,activity,when,who,team
M1,Opened,2026-06-01T09:00:00Z,Ada,Desk
M1,To level 2,2026-06-01T10:00:00Z,Ada,Network
M1,Accepted,2026-06-01T10:30:00Z,Grace,Network
M1,Finis,2026-06-01T12:00:00Z,Grace,Network
"""


@pytest.fixture
def log(tmp_path: Path) -> FileSample:
    file = tmp_path / "log.csv"
    file.write_text(LOG)
    return read_sample(file)


def chosen(sample: FileSample, draft: Draft | None = None, **said: object) -> Draft:
    return choose(draft or guess(sample, "log", "UTC"), sample, Choices(**{"zone": "UTC", **said}))  # type: ignore[arg-type]


def test_nothing_chosen_changes_nothing(log: FileSample) -> None:
    draft = guess(log, "log", "UTC")
    roles = {name: role.name if (role := role_of(draft, name)) else "" for name in log.header}
    assert roles == {"case": "id", "activity": "content", "when": "at", "who": "by", "team": "group"}
    assert chosen(log, draft, roles=roles) == draft


def test_the_engineer_is_who_wrote_last_unless_a_column_says_it(log: FileSample) -> None:
    draft = guess(log, "log", "UTC")
    assert draft["session"]["engineer"] == ["who"]
    assert chosen(log, draft, roles={"team": "engineer"})["session"]["engineer"] == ["team"]
    nobody = chosen(log, draft, roles={"who": ""})
    assert ("by" in nobody["row"], "engineer" in nobody["session"]) == (False, False)
    again = chosen(log, nobody, roles={"who": "by"})
    assert (again["row"]["by"], again["session"]["engineer"]) == ("who", ["who"])
    said = chosen(log, nobody, roles={"who": "by", "team": "engineer"})
    assert said["session"]["engineer"] == ["team"]


def test_a_log_without_handoffs_has_roles_too() -> None:
    sample = read_sample(SHARED_DATA / "field" / "event-log.csv")
    draft = guess(sample, "log", "UTC")
    assert "handoff" not in draft
    assert [role_of(draft, name) is not None for name in sample.header] == [True] * len(sample.header)


def test_a_handoff_may_start_in_the_first_row_or_once_for_several(log: FileSample) -> None:
    handed = {("activity", "To level 2"): "handover", ("activity", "Accepted"): "claim"}
    start = {"column": "activity", "values": ["To level 2"]}
    no_team = {"team": ""}
    both = chosen(log, roles=no_team, meanings=handed, first_row=True, run=True)
    assert both["handoff"]["start"] == {**start, "first_row": True, "run": True}
    assert chosen(log, both, first_row=False, run=False)["handoff"]["start"] == start
    assert chosen(log, both)["handoff"] == both["handoff"]
    alone = chosen(log, roles=no_team, first_row=True, run=True)
    assert alone["handoff"] == {"start": {"first_row": True}}
    assert finished(alone).handoff is not None
    assert "handoff" not in chosen(log, alone, first_row=False, run=False)


def test_who_has_a_ticket_says_who_takes_it_on(log: FileSample) -> None:
    draft = chosen(log, roles={"team": "assignee"}, first_row=True)
    assert draft["handoff"] == {"start": {"first_row": True}, "claim": {"assignee": "team"}}
    assert (role := role_of(draft, "team")) is not None
    assert role.name == "assignee"
    assert finished(draft).handoff is not None
    assert chosen(log, draft, roles={"team": ""})["handoff"] == {"start": {"first_row": True}}
    with pytest.raises(MappingError, match="Say where a ticket is handed over, or leave out who has it"):
        finished(chosen(log, roles={"team": "assignee"}))
    with pytest.raises(MappingError, match="Both activity and team say who takes a ticket on"):
        chosen(log, chosen(log, meanings={("activity", "Accepted"): "claim"}), roles={"team": "assignee"})


def test_values_say_where_a_handoff_starts_who_claims_and_what_is_over(log: FileSample) -> None:
    meanings = {
        ("activity", "To level 2"): "handover",
        ("activity", "Accepted"): "claim",
        ("activity", "Finis"): "resolved",
    }
    draft = chosen(log, meanings=meanings)
    assert {value: meaning_of(draft, "activity", value) for _, value in meanings} == {
        value: meaning for (_, value), meaning in meanings.items()
    }
    assert draft["handoff"] == {
        "start": {"column": "activity", "values": ["To level 2"]},
        "claim": {"column": "activity", "values": ["Accepted"]},
    }
    ends = {"row": "last", "column": "activity", "values": ["Finis"], "run": True}
    assert draft["session"]["resolved_at"] == ends
    assert draft["session"]["status"][0] == {
        "status": "resolved",
        "column": "activity",
        "values": ["Finis"],
        "row": "any",
    }
    finished(draft)


def test_a_meaning_taken_back_leaves_no_trace(log: FileSample) -> None:
    with_meaning = chosen(log, meanings={("activity", "Finis"): "resolved"})
    assert chosen(log, with_meaning, meanings={("activity", "Finis"): ""}) == guess(log, "log", "UTC")


def test_a_column_that_is_not_read_is_nowhere_in_the_mapping(log: FileSample) -> None:
    draft = chosen(log, roles={"team": "", "who": "", "activity": ""})
    assert finished(draft).uses.keys() == {"case", "when"}


def test_a_shipped_mapping_can_be_given_another_column() -> None:
    found = suggest(SAMPLES / "jira.csv", "log", "UTC")
    draft = chosen(
        found.sample, found.draft, roles={"Component/s (2)": "domain", "Assignee": "", "Reporter": "engineer"}
    )
    mapping = finished(draft)
    assert (mapping.session.domain, mapping.session.engineer) == ("Component/s (2)", ("Reporter",))
    assert mapping.session.status == finished(found.draft).session.status


def test_two_columns_cannot_both_be_when_a_ticket_was_opened() -> None:
    found = suggest(SAMPLES / "jira.csv", "log", "UTC")
    with pytest.raises(MappingError, match="Two columns are “When it was opened”: Created and Updated"):
        chosen(found.sample, found.draft, roles={"Updated": "created_at"})


def test_what_is_lacking_is_said_in_the_words_of_who_chooses() -> None:
    found = suggest(SAMPLES / "jira.csv", "log", "UTC")
    draft = chosen(found.sample, found.draft, roles={"Issue key": "", "Created": ""})
    with pytest.raises(MappingError, match=r"the ticket's number\. Choose .* when a ticket was opened"):
        finished(draft)


def test_a_status_alone_says_what_is_resolved(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("Nr,Opened,State\n1,2026-06-01 09:00,Closed\n2,2026-06-01 10:00,Waiting\n")
    sample = read_sample(file)
    draft = chosen(sample, guess(sample, "log", "UTC", repeats=False), roles={"Nr": "id", "State": "status"})
    assert draft["session"]["status"][0] == {"status": "resolved", "column": "State", "values": ["Closed"]}
    assert chosen(sample, draft, rest="left_out")["session"]["status"][-1] == {"status": "left_out"}


def test_where_day_and_month_could_be_either_the_person_says_which(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("Ticket,Opened\n1,03/04/2026 09:00\n")
    sample = read_sample(file)
    assert [chosen(sample, month_first=is_first)["times"]["format"] for is_first in (False, True)] == [
        "%d/%m/%Y %H:%M",
        "%m/%d/%Y %H:%M",
    ]


def test_a_person_may_say_that_each_row_is_a_ticket(log: FileSample) -> None:
    assert [shape_of(guess(log, "log", "UTC", repeats=repeats)) for repeats in (True, False)] == [
        "events",
        "ticket",
    ]
