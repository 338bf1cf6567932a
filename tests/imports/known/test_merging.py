"""What several imports say of a case, taken together, without a database."""

from datetime import UTC, datetime
from typing import Any

from flowpilot.imports.case.differences import differences
from flowpilot.imports.case.merging import Statement, add_to, merged_case
from flowpilot.imports.case.model import Case, Row
from flowpilot.imports.mapping.whole import Mapping
from tests.imports.helpers import MAPPING, row

OPEN = Mapping.model_validate(
    {
        **MAPPING,
        "session": {**MAPPING["session"], "status": [*MAPPING["session"]["status"][:1], {"status": "open"}]},
    }
)
TICKETS = Mapping.model_validate(
    {
        "name": "one row",
        "times": MAPPING["times"],
        "case": {"id": "ticket"},
        "ticket": {"first_response": {"at": "answered"}},
        "session": {
            "created_at": "opened",
            "resolved_at": "solved",
            "summary": ["subject"],
            "status": [{"status": "resolved", "column": "solved"}, {"status": "open"}],
        },
    }
)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-04 {clock}").replace(tzinfo=UTC)


def changes(*rows: dict[str, str], mapping: Mapping = OPEN) -> Statement:
    known: list[Row] = [
        {name: None if one[name] in {"?", ""} else one[name] for name in mapping.uses} for one in rows
    ]
    return Statement(mapping, known)


def ticket(**cells: str | None) -> Statement:
    return Statement(
        TICKETS, [{**dict.fromkeys(TICKETS.uses), "ticket": "T1", "opened": "2026-05-04 08:00", **cells}]
    )


def merged(*statements: Statement) -> Case:
    return merged_case(statements)


def facts(case: Case) -> Any:
    """The case's status, its steps, and of its handoffs the time, the claim and the end."""
    handoffs = [(one.at, one.claim and one.claim.at, one.ended and one.ended.at) for one in case.handoffs]
    return case.status, [(step.at, step.by) for step in case.steps], handoffs


ASKED = row("T1", 1, "09:00", "Ada")
HANDED = row("T1", 2, "09:10", "Ada", 1)
TAKEN = row("T1", 3, "09:20", "Grace", 1)
SOLVED = row("T1", 4, "09:40", "Grace", 1, solved="2026-05-04 09:40")
STEPS = [(at("09:00"), "Ada"), (at("09:10"), "Ada"), (at("09:20"), "Grace"), (at("09:40"), "Grace")]


def test_a_longer_history_goes_on_where_the_shorter_ended() -> None:
    case = merged(changes(ASKED, HANDED), changes(ASKED, HANDED, TAKEN, SOLVED))
    assert facts(case) == ("resolved", STEPS, [(at("09:10"), at("09:20"), at("09:40"))])
    assert case.resolved_at == at("09:40")


def test_a_history_without_its_beginning_is_joined_to_what_was_known() -> None:
    case = merged(changes(ASKED, HANDED), changes(TAKEN, SOLVED))
    assert facts(case) == ("resolved", STEPS, [(at("09:10"), at("09:20"), at("09:40"))])


def test_an_older_history_takes_nothing_away() -> None:
    case = merged(changes(ASKED, HANDED, TAKEN, SOLVED), changes(ASKED, HANDED))
    assert facts(case) == ("resolved", STEPS, [(at("09:10"), at("09:20"), at("09:40"))])


def test_the_later_import_says_what_a_row_is() -> None:
    case = merged(changes({**ASKED, "note": "asked"}), changes({**ASKED, "note": "asked twice"}))
    assert [step.content for step in case.steps] == [{"note": "asked twice"}]


EVENTS = Mapping.model_validate(
    {
        **MAPPING,
        "case": {"id": "ticket"},
        "session": {
            "created_at": {"row": "first"},
            "resolved_at": {"row": "last"},
            "domain": "kind",
            "status": [{"status": "resolved", "column": "note", "values": ["closed"]}, {"status": "open"}],
        },
        "handoff": {"start": {"column": "note", "values": ["escalated"]}},
    }
)


def said(clock: str, who: str, note: str, **others: str) -> dict[str, str]:
    """A row of a plain event log, whose order is that of its times."""
    return row("T1", "?", clock, who, note=note, **others)


def notes(*exports: list[dict[str, str]], mapping: Mapping = EVENTS) -> list[str]:
    """What the steps say that these exports together make."""
    case = merged(*(changes(*rows, mapping=mapping) for rows in exports))
    return [step.content["note"] for step in case.steps]


JANUARY = [said("23:50", "Ann", "opened"), said("23:59", "Ann", "noted"), said("23:59", "Ann", "escalated")]
FEBRUARY = [said("23:59", "Ann", "mail sent"), said("23:59", "Bob", "closed")]


def test_an_export_that_begins_within_a_minute_takes_nothing_away() -> None:
    case = merged(changes(*JANUARY, mapping=EVENTS), changes(*FEBRUARY, mapping=EVENTS))
    assert [step.content["note"] for step in case.steps] == ["opened", "noted", "escalated", "mail sent", "closed"]
    assert (case.status, len(case.handoffs)) == ("resolved", 1)


def test_an_export_that_begins_within_a_day_and_knows_no_person_takes_nothing_away() -> None:
    nobody = Mapping.model_validate(
        {
            **EVENTS.model_dump(),
            "row": {"at": "at"},
            "handoff": {**EVENTS.model_dump()["handoff"], "claim": "none"},
        }
    )
    day = [said("00:00", "?", note) for note in ("opened", "called", "noted")]
    assert notes(day, [said("00:00", "?", "closed")], mapping=nobody) == ["opened", "called", "noted", "closed"]


def test_rows_that_both_exports_have_count_once_and_in_order() -> None:
    assert notes(JANUARY, [*JANUARY[2:], *FEBRUARY]) == ["opened", "noted", "escalated", "mail sent", "closed"]
    assert notes([*JANUARY, *FEBRUARY], JANUARY[:2]) == ["opened", "noted", "escalated", "mail sent", "closed"]
    assert notes([*JANUARY, *FEBRUARY], FEBRUARY, JANUARY) == notes([*JANUARY, *FEBRUARY])


def test_as_many_equal_rows_count_as_the_export_with_most_has() -> None:
    call = said("09:00", "Ann", "called")
    assert notes([call, call], [call]) == ["called", "called"]
    assert notes([call], [call, call]) == ["called", "called"]


def test_what_a_row_repeats_of_its_case_makes_no_other_row() -> None:
    later = [{**one, "kind": "Network"} for one in JANUARY]
    assert notes(JANUARY, later) == ["opened", "noted", "escalated"]
    assert merged(changes(*JANUARY, mapping=EVENTS), changes(*later, mapping=EVENTS)).domain == "Network"


def test_rows_at_one_number_are_told_apart_by_what_they_say() -> None:
    known = [{**ASKED, "note": "asked"}, {**ASKED, "note": "called"}]
    assert notes(known, [{**ASKED, "note": "written"}], mapping=OPEN) == ["asked", "called", "written"]


def test_a_corrected_mapping_says_what_the_case_is() -> None:
    before = changes(ASKED, HANDED, TAKEN)
    corrected = Mapping.model_validate(
        {**MAPPING, "people": {"machines": ["Ada"]}, "handoff": None, "session": OPEN.session.model_dump()}
    )
    case = merged(before, changes(ASKED, HANDED, TAKEN, mapping=corrected))
    assert facts(case) == ("active", [(at("09:20"), "Grace")], [])


def test_one_row_a_ticket_says_the_state_and_takes_no_history_away() -> None:
    case = merged(changes(ASKED, HANDED), ticket(solved="2026-05-04 10:00", subject="Printer"))
    assert facts(case) == ("resolved", STEPS[:2], [(at("09:10"), None, at("10:00"))])
    assert (case.summary, case.resolved_at, case.engineer) == ("Printer", at("10:00"), "Ada")


def test_a_ticket_that_was_opened_again_is_open() -> None:
    case = merged(ticket(solved="2026-05-04 10:00", subject="Printer"), ticket())
    assert (case.status, case.resolved_at) == ("active", None)


def test_what_a_later_mapping_does_not_say_stays() -> None:
    case = merged(ticket(subject="Printer"), changes(ASKED))
    assert (case.summary, len(case.steps)) == ("Printer", 1)


def test_the_same_again_makes_no_difference() -> None:
    earlier = [changes(ASKED), ticket(subject="Printer"), changes(ASKED, HANDED)]
    for statement in earlier:
        assert merged(*earlier, statement).steps == merged(*earlier).steps
    assert add_to(earlier, earlier[-1]).different == {}


def test_differences_are_in_words() -> None:
    before, after = merged(changes(ASKED, HANDED)), merged(changes(ASKED, HANDED, TAKEN, SOLVED))
    assert differences(before, after) == {
        "status": "requesting escalation → resolved",
        "resolved": "unknown → 2026-05-04 09:40:00 UTC",
        "engineer": "Ada → Grace",
        "steps": "2 → 4",
        "claims": "0 → 1",
    }


def test_the_same_moment_in_another_zone_is_no_difference() -> None:
    elsewhere = Mapping.model_validate(
        {**TICKETS.model_dump(), "times": {"format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"}}
    )
    there = Statement(elsewhere, [{**dict.fromkeys(TICKETS.uses), "ticket": "T1", "opened": "2026-05-04 10:00"}])
    assert differences(merged(ticket()), merged(there)) == {}
