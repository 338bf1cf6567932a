from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowpilot.imports.case.model import Case, Claim, Handoff, Step, UnknownEnd
from flowpilot.imports.figures import Figures

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OPENED = datetime(2026, 5, 4, 8, tzinfo=UTC)


def case(
    ticket: str, hours: float | None = 1, steps: tuple[tuple[float, str], ...] = (), claimed: bool | None = True
) -> Case:
    """A case with steps at these minutes, by these people, and a handoff unless `claimed` is None."""
    claim = Claim(OPENED + timedelta(minutes=30), "Grace") if claimed else None
    action = Step(OPENED + timedelta(minutes=40), "Grace", {}) if claimed else None
    handoff = Handoff(OPENED, "Ada", "", claim, action, action, None)
    return Case(
        ticket=ticket,
        engineer=None,
        status="resolved",
        summary="",
        domain=None,
        client=None,
        created_at=OPENED,
        resolved_at=None if hours is None else OPENED + timedelta(hours=hours),
        steps=[Step(OPENED + timedelta(minutes=at), by, {}) for at, by in steps],
        handoffs=[] if claimed is None else [handoff],
    )


def _never_acted(one: Case) -> Case:
    return replace(one, handoffs=[replace(one.handoffs[0], first_action=None, claimant_action=None)])


def figures(*cases: Case, rows: int = 1) -> Figures:
    found = Figures(NOW)
    for one in cases:
        found.add(one, rows)
    return found


def test_the_figures_are_those_that_an_import_would_give() -> None:
    found = figures(case("A", 1), case("B", 2), case("C", 9), case("D", None, claimed=False))
    assert (found.mean_minutes, found.median_minutes) == (240, 120)
    assert figures(case("A", 1), case("B", 2)).median_minutes == 60
    assert (found.cases, found.handoffs, found.claims, found.people) == (4, 4, 3, {"Ada", "Grace"})
    assert found.warnings() == []


def test_the_first_cases_are_those_that_people_call_the_first() -> None:
    shown = figures(*(case(f"HELP-{number}") for number in sorted(range(1, 101), key=str)))
    assert [one.ticket for one in shown.first] == [f"HELP-{number}" for number in range(1, 11)]


@pytest.mark.parametrize(
    ("cases", "rows", "warning"),
    [
        ([], [], "No case would be made."),
        ([case("A", 0), case("B", 0)], [1, 1], "Every time to resolution is 0."),
        ([case("A", 24 * 60)], [1], "Cases with times in the future: 1."),
        ([case("A", claimed=None)], [1], "There is no handoff."),
        ([case("A", claimed=False)], [1], "No handoff is claimed."),
        ([_never_acted(case("A"))], [1], "Nobody acts after a claim."),
        ([case("A"), case("B"), case("C")], [5, 1, 1], "Case A has 5 of 7 rows."),
        ([case("A")], [10_000], "Case A has 10,000 of 10,000 rows."),
        ([case(f"C{n}", steps=((1, f"P{n}"),)) for n in range(10)], [1] * 10, "12 people in 10 cases."),
    ],
)
def test_a_warning_says_where_to_look(cases: list[Case], rows: list[int], warning: str) -> None:
    found = Figures(NOW)
    for one, n in zip(cases, rows, strict=True):
        found.add(one, n)
    assert [text for text in found.warnings() if text.startswith(warning)]


def test_of_few_tickets_with_one_row_each_none_has_many_rows() -> None:
    assert figures(case("A"), case("B")).warnings() == []


def test_an_end_before_its_beginning_is_counted() -> None:
    one = case("A")
    unknown = UnknownEnd("resolved_at", "2026-01-01", "2026-01-02")
    found = figures(Case(**{**{name: getattr(one, name) for name in one.__slots__}, "unknown": (unknown,)}))
    assert found.warnings() == ["Ends dated before their beginnings: 1. They would be unknown."]


def test_who_answers_within_a_minute_in_most_cases_is_likely_a_machine() -> None:
    quick = [case(f"Q{n}", steps=((0, "Ada"), (0.5, "Mailbot"), (60, "Ada"))) for n in range(4)]
    slow = [case(f"S{n}", steps=((0, "Ada"), (90, "Mailbot"))) for n in range(3)]
    assert figures(*quick).likely_machines == []
    assert figures(*quick, *slow).likely_machines == ["Mailbot"]
    assert figures(*quick, *slow, case("T", steps=((0, "Ada"), (50, "Mailbot")))).likely_machines == []


@pytest.mark.parametrize(("minutes", "outside"), [(-1, True), (0, False), (60, False), (61, True)])
def test_a_handoff_before_its_case_or_after_its_end_is_doubtful(minutes: int, outside: bool) -> None:
    one = case("A")
    moved = replace(one, handoffs=[replace(one.handoffs[0], at=OPENED + timedelta(minutes=minutes))])
    words = "Cases handed over before they were opened, or after they were resolved: 1."
    assert (words in [doubt.what for doubt in figures(moved).doubts()]) is outside
