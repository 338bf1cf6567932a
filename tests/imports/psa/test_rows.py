"""A ticket's history as a case, by the mapping that every import uses."""

import tomllib
from importlib import resources
from typing import Any

import pytest

from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.model import Case
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.psa.rows import People, facts_of, rows_of
from flowpilot.psa.history import ChangeKind, TicketHistory
from flowpilot.psa.provider import Member
from tests.imports.psa.histories import ALEX, CARLA, GROUP, KIM, MEMBERS, at, change, history, solved

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


def test_another_owner_is_a_handoff_that_the_next_person_claims() -> None:
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


def test_people_may_be_called_by_name_and_two_of_one_name_are_two() -> None:
    people = People([*MEMBERS, Member("3", "Kim Berger")])
    assert (people.name("alex novak"), people.name(KIM), people.name("3")) == (
        *("Alex Novak", "Kim Berger (2)", "Kim Berger (3)"),
    )


def test_facts_are_the_state_and_the_minutes() -> None:
    facts = facts_of(solved("7"))
    assert (facts.ticket, facts.state, facts.resolved_at, facts.minutes) == ("7", "resolved", at("12:00"), 30)
