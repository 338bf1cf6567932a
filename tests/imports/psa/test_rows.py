"""A ticket's history as a case, by the mapping that every import uses."""

import tomllib
from importlib import resources
from typing import Any

import pytest

from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.merging import Statement, merged_case
from flowpilot.imports.case.model import Case
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.psa.rows import People, facts_of, rows_of
from flowpilot.psa.history import ChangeKind, TicketHistory
from flowpilot.psa.provider import Member
from tests.imports.psa.histories import ALEX, CARLA, DANA, GROUP, KIM, MEMBERS, at, change, history, solved

RULES = resources.files("flowpilot.imports.psa") / "history.toml"
MAPPING = Mapping.model_validate(tomllib.loads(RULES.read_text()))


def case(told: TicketHistory) -> Case | None:
    rows: list[Any] = rows_of(told, People(MEMBERS))
    assert all(row.keys() == MAPPING.uses.keys() for row in rows)
    return build_case(told.ticket.id, rows, MAPPING)


def found(told: TicketHistory) -> Case:
    built = case(told)
    assert built is not None
    return built


def test_a_closed_ticket_is_a_resolved_session() -> None:
    one = found(solved("7"))
    assert (one.ticket, one.status, one.summary, one.client, one.domain) == (
        *("7", "resolved", "Ticket 7"),
        *("Maple Dental", "Help Desk"),
    )
    assert (one.created_at, one.resolved_at, one.engineer) == (at("08:00"), at("12:00"), "Kim Berger")


def test_what_was_done_is_steps_and_how_it_began_is_none() -> None:
    assert [(step.at, step.by, step.content) for step in found(solved("7")).steps] == [
        (at("09:00"), "Alex Novak", {"did": "note"}),
        (at("10:00"), "Alex Novak", {"did": "owner", "from": "Alex Novak", "to": "Kim Berger"}),
        (at("11:00"), "Kim Berger", {"did": "note"}),
        (at("11:30"), "Kim Berger", {"did": "time", "minutes": "30"}),
        (at("12:00"), "Kim Berger", {"did": "status", "from": "New", "to": "Closed"}),
    ]


def test_another_owner_is_a_handoff_that_they_claim_when_they_do_something() -> None:
    (handoff,) = found(solved("7")).handoffs
    assert (handoff.at, handoff.by, handoff.ended and handoff.ended.at) == (at("10:00"), "Alex Novak", at("12:00"))
    assert handoff.claim is not None
    assert (handoff.claim.at, handoff.claim.by) == (at("11:00"), "Kim Berger")


@pytest.mark.parametrize(
    ("before", "after", "by", "giver"),
    [
        (ALEX, KIM, ALEX, "Alex Novak"),
        (ALEX, KIM, KIM, "Alex Novak"),
        (ALEX, None, ALEX, "Alex Novak"),
        (ALEX, GROUP, None, "Alex Novak"),
        (None, KIM, ALEX, None),
        (GROUP, KIM, KIM, None),
        (CARLA, KIM, KIM, None),
    ],
    ids=["given", "taken over", "put back", "by a rule", "assigned first", "picked up", "of a customer"],
)
def test_only_what_a_person_had_is_handed_over(
    before: str | None, after: str | None, by: str | None, giver: str | None
) -> None:
    told = history("7", change("10:00", by, ChangeKind.OWNER, before=before, after=after))
    assert [handoff.by for handoff in found(told).handoffs] == ([] if giver is None else [giver])


def test_another_board_is_a_handoff() -> None:
    told = history("7", change("10:00", ALEX, ChangeKind.BOARD, before="Help Desk", after="Network"))
    assert [handoff.by for handoff in found(told).handoffs] == ["Alex Novak"]


Owned = tuple[str, str | None, str | None, str | None]
Done = tuple[str, str | None]


@pytest.mark.parametrize(
    ("owned", "later", "claimed", "first"),
    [
        ([("10:00", DANA, ALEX, KIM)], [("10:05", ALEX), ("11:30", KIM)], ("11:30", "Kim Berger"), None),
        ([("10:00", ALEX, ALEX, KIM)], [("10:05", DANA), ("11:30", KIM)], ("11:30", "Kim Berger"), None),
        ([("10:00", None, ALEX, KIM)], [("10:05", DANA), ("11:30", KIM)], ("11:30", "Kim Berger"), None),
        ([("10:00", ALEX, ALEX, KIM)], [("10:05", ALEX), ("11:30", DANA)], None, None),
        ([("10:00", KIM, ALEX, KIM)], [("12:00", KIM), ("13:00", KIM)], ("10:00", "Kim Berger"), "12:00"),
        ([("10:00", ALEX, ALEX, GROUP)], [("10:05", CARLA), ("11:30", KIM)], ("11:30", "Kim Berger"), None),
        (
            [("10:00", ALEX, ALEX, None), ("10:30", DANA, None, KIM)],
            [("10:40", DANA), ("11:30", KIM), ("11:40", KIM)],
            ("11:30", "Kim Berger"),
            "11:40",
        ),
        (
            [("10:00", ALEX, ALEX, GROUP), ("10:30", KIM, GROUP, KIM)],
            [("11:00", DANA)],
            ("10:30", "Kim Berger"),
            "11:00",
        ),
        ([("10:00", ALEX, ALEX, None), ("10:30", DANA, None, GROUP)], [], None, None),
        ([("10:00", ALEX, ALEX, GROUP), ("10:30", ALEX, GROUP, ALEX)], [("11:00", DANA)], None, None),
    ],
    ids=[
        *("the one before books time", "somebody else writes", "by a rule", "never taken", "taken over"),
        *("put back and answered", "put back and given", "put back and picked up", "to another group"),
        "taken back by the giver",
    ],
)
def test_whoever_it_was_given_to_claims_it(
    owned: list[Owned], later: list[Done], claimed: Done | None, first: str | None
) -> None:
    changes = [change(clock, by, ChangeKind.OWNER, before=old, after=new) for clock, by, old, new in owned]
    notes = [change(clock, by, ChangeKind.TIME, minutes=5) for clock, by in later]
    (handoff,) = found(history("7", *changes, *notes)).handoffs
    assert (handoff.claim and (handoff.claim.at, handoff.claim.by)) == (claimed and (at(claimed[0]), claimed[1]))
    assert (handoff.first_action and handoff.first_action.at) == (first and at(first))


def test_of_a_board_the_first_other_person_claims() -> None:
    moved = change("10:00", ALEX, ChangeKind.BOARD, before="Help Desk", after="Network")
    notes = [change("10:10", ALEX, ChangeKind.NOTE), change("11:00", DANA, ChangeKind.NOTE)]
    (handoff,) = found(history("7", moved, *notes)).handoffs
    assert (handoff.claim and (handoff.claim.at, handoff.claim.by)) == (at("11:00"), "Dana Weiss")


def test_who_takes_a_ticket_over_does_it_in_one_step() -> None:
    told = history("7", change("10:00", KIM, ChangeKind.OWNER, before=ALEX, after=KIM))
    assert [(step.at, step.by, step.content["did"]) for step in found(told).steps] == [
        (at("10:00"), "Kim Berger", "owner")
    ]


def test_customers_groups_and_our_own_user_do_nothing_under_their_names() -> None:
    told = history(
        "7", change("09:00", CARLA, ChangeKind.NOTE), change("09:30", "9", ChangeKind.NOTE), owner=GROUP
    )
    assert [step.by for step in found(told).steps] == [None, None]
    assert found(told).engineer is None


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, "active"),
        ({"closed": "12:00"}, "resolved"),
        ({"closed": "12:00", "status": "Rejected"}, "abandoned"),
        ({"is_closed": True}, "resolved"),
        ({"is_deleted": True}, None),
    ],
)
def test_the_state_of_a_ticket(more: dict[str, Any], status: str | None) -> None:
    built = case(history("7", **more))
    assert (built and built.status) == status


def test_time_that_is_booked_later_for_an_earlier_hour_is_one_step_more() -> None:
    before = history("7", change("09:00", ALEX, ChangeKind.NOTE), change("11:00", KIM, ChangeKind.NOTE))
    booked = change("09:30", ALEX, ChangeKind.TIME, minutes=5)
    now = history("7", *before.changes[1:2], booked, *before.changes[2:])
    statements = [Statement(MAPPING, rows_of(told, People(MEMBERS))) for told in (before, now)]
    assert merged_case(statements) == merged_case(statements[1:])
    assert [step.at for step in merged_case(statements).steps] == [at("09:00"), at("09:30"), at("11:00")]


def test_people_may_be_called_by_name_and_two_of_one_name_are_two() -> None:
    people = People([*MEMBERS, Member("4", "Kim Berger")])
    assert (people.name("alex novak"), people.name(KIM), people.name("4")) == (
        *("Alex Novak", "Kim Berger (2)", "Kim Berger (4)"),
    )


def test_facts_are_the_state_and_the_minutes() -> None:
    facts = facts_of(solved("7"))
    assert (facts.ticket, facts.state, facts.resolved_at, facts.minutes) == ("7", "resolved", at("12:00"), 30)
