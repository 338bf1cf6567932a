from datetime import UTC, datetime
from typing import Any

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.model import Case, Claim, Event, Handoff, Row, Step, UnknownEnd
from flowpilot.imports.mapping.whole import Mapping
from tests.imports.helpers import MAPPING, row

COUNTED = {"start": {"counter": "moves"}}
BY_VALUE = {"start": {"column": "kind"}}


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-04 {clock}").replace(tzinfo=UTC)


def build(*rows: dict[str, str], **sections: Any) -> Case:
    """The case under the small mapping, with these sections instead of its own."""
    mapping = Mapping.model_validate({**MAPPING, **sections})
    known: list[Row] = [
        {column: None if cell in mapping.file.unknown else cell for column, cell in cells.items()}
        for cells in rows
    ]
    case = build_case("T1", known, mapping)
    assert case is not None
    return case


def session(**rules: Any) -> dict[str, Any]:
    return {**MAPPING["session"], **rules}


def starts(case: Case) -> list[datetime]:
    return [handoff.at for handoff in case.handoffs]


def test_a_case_of_one_row_is_a_session_with_one_step() -> None:
    assert build(row("T1", 1, "09:00", "Ada", kind="Mail", note="hello")) == Case(
        ticket="T1",
        engineer="Ada",
        status="abandoned",
        summary="",
        domain="Mail",
        client=None,
        created_at=at("08:00"),
        resolved_at=None,
        steps=[Step(at("09:00"), "Ada", {"note": "hello"})],
        handoffs=[],
    )


def test_a_known_resolution_time_makes_it_resolved() -> None:
    case = build(row("T1", 1, "09:00", "Ada", solved="2026-05-04 10:00"))
    assert (case.status, case.resolved_at) == ("resolved", at("10:00"))


def test_status_domain_and_resolution_are_those_of_the_last_row() -> None:
    first = row("T1", 1, "09:00", "Ada", kind="Mail", solved="2026-05-04 09:30")
    case = build(first, row("T1", 2, "10:00", "Ada", kind="Network"))
    assert (case.status, case.resolved_at, case.domain) == ("abandoned", None, "Network")


def test_a_domain_that_is_unknown_in_the_last_row_is_unknown() -> None:
    assert build(row("T1", 1, "09:00", "Ada", kind="Mail"), row("T1", 2, "10:00", "Ada")).domain is None


def test_a_status_rule_with_values_fits_these_values_only() -> None:
    rules = [{"status": "resolved", "column": "kind", "values": ["Done"]}, {"status": "abandoned"}]
    done = row("T1", 1, "09:00", "Ada", kind="Done", solved="2026-05-04 10:00")
    assert build(done, session=session(status=rules)).status == "resolved"
    assert build({**done, "kind": "Open"}, session=session(status=rules)).status == "abandoned"


def test_a_resolution_time_is_kept_only_if_the_status_is_resolved() -> None:
    reopened = row("T1", 1, "09:00", "Ada", solved="2026-05-04 10:00")
    assert build(reopened, session=session(status=[{"status": "abandoned"}])).resolved_at is None


def test_the_engineer_is_the_last_known_one() -> None:
    rows = row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "Grace"), row("T1", 3, "09:20", "?")
    assert build(*rows).engineer == "Grace"


def test_a_further_column_names_the_engineer_if_the_first_never_does() -> None:
    rules = session(engineer=["who", "note"])
    assert build(row("T1", 1, "09:00", "?", note="Grace"), session=rules).engineer == "Grace"
    assert build(row("T1", 1, "09:00", "Ada", note="Grace"), session=rules).engineer == "Ada"


def test_a_summary_joins_what_is_known() -> None:
    rules = session(summary=["kind", "note", "moves"])
    assert build(row("T1", 1, "09:00", "Ada", 0, kind="Mail"), session=rules).summary == "Mail - 0"


def test_a_step_keeps_only_what_is_known() -> None:
    case = build(row("T1", 1, "09:00", "?", kind="Mail"), step={"content": ["kind", "note"]})
    assert case.steps == [Step(at("09:00"), None, {"kind": "Mail"})]


def test_steps_can_be_the_rows_where_a_column_is_known() -> None:
    rows = row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "Ada", note="x"), row("T1", 3, "09:20", "Ada")
    assert [step.at for step in build(*rows, step={"where_known": ["note"]}).steps] == [at("09:10")]


def test_steps_can_be_the_rows_where_a_column_changes() -> None:
    notes = ["a", "a", "b", "?", "?", "a"]
    rows = [row("T1", place, f"09:0{place}", "Ada", note=note) for place, note in enumerate(notes)]
    steps = build(*rows, step={"where_changed": ["note"]}).steps
    assert [step.at.minute for step in steps] == [0, 2, 3, 5]


def test_a_first_row_in_which_nothing_is_known_changes_nothing() -> None:
    assert build(row("T1", 1, "09:00", "Ada"), step={"where_changed": ["note"]}).steps == []


def test_a_handoff_starts_where_the_counter_is_higher_than_in_the_row_before() -> None:
    moves = [0, 1, 1, 3, 0, 2, 10]
    rows = [row("T1", place, f"09:0{place}", "Ada", count) for place, count in enumerate(moves)]
    assert starts(build(*rows)) == [at("09:01"), at("09:03"), at("09:05"), at("09:06")]


def test_the_first_row_starts_no_handoff_whatever_its_counter() -> None:
    assert starts(build(row("T1", 1, "09:00", "Ada", 1), row("T1", 2, "09:01", "Ada", 1))) == []


def test_a_handoff_starts_where_a_value_differs_from_the_last_known_one() -> None:
    kinds = ["?", "A", "A", "?", "A", "B", "?", "A"]
    rows = [row("T1", place, f"09:0{place}", "Ada", kind=kind) for place, kind in enumerate(kinds)]
    assert starts(build(*rows, handoff=BY_VALUE)) == [at("09:05"), at("09:07")]


def test_a_handoff_starts_where_a_row_states_two_different_values() -> None:
    pairs = [("?", "A"), ("A", "B"), ("?", "?"), ("B", "B"), ("B", "?"), ("C", "A")]
    rows = [row("T1", place, f"09:0{place}", "Ada", kind=new, note=old) for place, (old, new) in enumerate(pairs)]
    case = build(*rows, handoff={"start": {"column": "kind", "before": "note"}})
    assert starts(case) == [at("09:01"), at("09:05")]


def test_a_mapping_without_handoffs_finds_no_handoffs() -> None:
    assert build(row("T1", 1, "09:00", "Ada", 0), row("T1", 2, "09:01", "Ada", 1), handoff=None).handoffs == []


def test_the_first_later_row_by_another_person_claims() -> None:
    case = build(
        row("T1", 1, "09:00", "Ada"),
        row("T1", 2, "09:10", "Ada", 1),
        row("T1", 3, "09:20", "Ada", 1),
        row("T1", 4, "09:30", "Grace", 1),
        row("T1", 5, "09:40", "Joan", 1),
    )
    assert case.handoffs == [
        Handoff(
            at=at("09:10"),
            by="Ada",
            reason="",
            claim=Claim(at("09:30"), "Grace"),
            first_action=Step(at("09:40"), "Joan", {}),
            claimant_action=None,
            ended=Event(HandoffEventKind.CLOSED, at("09:40"), "Joan"),
        )
    ]


def test_the_events_of_a_claimed_handoff_are_in_order() -> None:
    case = build(row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "Ada", 1), row("T1", 3, "09:20", "Grace", 1))
    assert list(case.handoffs[0].events()) == [
        Event(HandoffEventKind.CREATED, at("09:10"), "Ada"),
        Event(HandoffEventKind.CLAIMED, at("09:20"), "Grace"),
        Event(HandoffEventKind.CLOSED, at("09:20"), "Grace"),
    ]


def test_the_row_of_the_next_handoff_does_not_claim_but_ends() -> None:
    case = build(row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "Ada", 1), row("T1", 3, "09:20", "Grace", 2))
    first, second = case.handoffs
    assert (first.claim, first.ended) == (None, Event(HandoffEventKind.REASSIGNED, at("09:20"), "Grace"))
    assert (second.claim, second.ended) == (None, Event(HandoffEventKind.CLOSED, at("09:20"), "Grace"))


def test_a_row_by_nobody_known_does_not_claim() -> None:
    case = build(row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "Ada", 1), row("T1", 3, "09:20", "?", 1))
    assert case.handoffs[0].claim is None


def test_nobody_claims_if_it_is_unknown_who_handed_over() -> None:
    case = build(row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "?", 1), row("T1", 3, "09:20", "Ada", 1))
    assert (case.handoffs[0].by, case.handoffs[0].claim) == (None, None)


def test_the_mapping_can_leave_every_handoff_unclaimed() -> None:
    rows = row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "Ada", 1), row("T1", 3, "09:20", "Grace", 1)
    assert build(*rows, handoff={**COUNTED, "claim": "none"}).handoffs[0].claim is None


def test_another_column_can_say_who_handed_over_and_why() -> None:
    rows = row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:10", "Robot", 1, kind="Ada", note="VPN")
    handoff = build(*rows, handoff={**COUNTED, "by": "kind", "reason": "note"}).handoffs[0]
    assert (handoff.by, handoff.reason) == ("Ada", "VPN")


def test_a_step_at_the_minute_of_the_claim_is_no_first_action() -> None:
    case = build(
        row("T1", 1, "09:00", "Ada"),
        row("T1", 2, "09:10", "Ada", 1),
        row("T1", 3, "09:20", "Grace", 1),
        row("T1", 4, "09:20", "Grace", 1),
    )
    assert case.handoffs[0].first_action is None


def test_the_first_action_of_simultaneous_steps_is_the_first_in_position() -> None:
    case = build(
        row("T1", 1, "09:00", "Ada"),
        row("T1", 2, "09:10", "Ada", 1),
        row("T1", 3, "09:20", "Grace", 1),
        row("T1", 4, "09:50", "Ada", 1),
        row("T1", 5, "09:40", "Joan", 1),
        row("T1", 6, "09:40", "Ada", 1),
    )
    assert case.handoffs[0].first_action == Step(at("09:40"), "Joan", {})


def test_the_claimants_first_action_is_their_own_and_comes_before_the_end() -> None:
    begun = [("09:00", "Ada", 0), ("09:10", "Ada", 1), ("09:20", "Grace", 1), ("09:30", "Joan", 1)]

    def claimants(*later: tuple[str, str, int]) -> Step | None:
        rows = [row("T1", place, *one) for place, one in enumerate([*begun, *later], 1)]
        return build(*rows).handoffs[0].claimant_action

    assert claimants(("09:40", "Grace", 1)) == Step(at("09:40"), "Grace", {})
    assert claimants(("09:35", "Joan", 2), ("09:40", "Grace", 2), ("09:50", "Grace", 2)) is None


def test_a_first_action_can_come_after_the_next_handoff() -> None:
    case = build(
        row("T1", 1, "09:00", "Ada"),
        row("T1", 2, "09:10", "Ada", 1),
        row("T1", 3, "09:20", "Grace", 1),
        row("T1", 4, "09:30", "Joan", 2),
    )
    assert case.handoffs[0].first_action == Step(at("09:30"), "Joan", {})


def test_the_latest_row_closes_even_if_it_is_not_the_last() -> None:
    case = build(
        row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:50", "Grace", 1), row("T1", 3, "09:20", "Grace", 1)
    )
    assert case.handoffs[0].ended == Event(HandoffEventKind.CLOSED, at("09:50"), "Grace")


def test_a_handoff_never_ends_before_it_was_claimed_though_times_run_backwards() -> None:
    case = build(
        row("T1", 1, "09:00", "Ada"),
        row("T1", 2, "09:10", "Ada", 1),
        row("T1", 3, "09:40", "Grace", 1),
        row("T1", 4, "09:20", "Joan", 2),
    )
    assert case.handoffs[0].ended == Event(HandoffEventKind.REASSIGNED, at("09:40"), "Joan")


def test_a_handoff_never_ends_before_it_began_though_times_run_backwards() -> None:
    case = build(row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:30", "Ada", 1), row("T1", 3, "09:20", "Joan", 2))
    ended = case.handoffs[0].ended
    assert ended == Event(HandoffEventKind.REASSIGNED, at("09:30"), "Joan")


def test_a_resolution_before_the_beginning_has_no_known_time() -> None:
    case = build(row("T1", 1, "09:00", "Ada", solved="2026-05-04 07:59"))
    assert (case.status, case.created_at, case.resolved_at) == ("resolved", at("08:00"), None)
    assert case.unknown == (UnknownEnd("resolved_at", "2026-05-04 07:59", "2026-05-04 08:00"),)


def test_a_resolution_at_the_beginning_took_no_time() -> None:
    case = build(row("T1", 1, "09:00", "Ada", solved="2026-05-04 08:00"))
    assert (case.resolved_at, case.unknown) == (at("08:00"), ())


def test_a_claim_before_its_handoff_has_no_known_time() -> None:
    case = build(
        row("T1", 1, "09:00", "Ada"),
        row("T1", 2, "09:20", "Ada", 1),
        row("T1", 3, "09:10", "Grace", 1),
        row("T1", 4, "09:40", "Grace", 1),
    )
    [handoff] = case.handoffs
    assert (handoff.claim, handoff.first_action) == (Claim(None, "Grace"), None)
    assert handoff.ended == Event(HandoffEventKind.CLOSED, at("09:40"), "Grace")
    assert [event.kind for event in handoff.events()] == ["created", "closed"]
    assert case.unknown == (UnknownEnd("claimed_at", "2026-05-04 09:10", "2026-05-04 09:20"),)


def test_a_claim_at_the_minute_of_its_handoff_took_no_time() -> None:
    case = build(row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:20", "Ada", 1), row("T1", 3, "09:20", "Grace", 1))
    assert (case.handoffs[0].claim, case.unknown) == (Claim(at("09:20"), "Grace"), ())


def test_an_end_that_had_to_be_moved_is_a_warning() -> None:
    case = build(row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:30", "Ada", 1), row("T1", 3, "09:20", "Joan", 2))
    assert case.unknown == (UnknownEnd("closed_at", "2026-05-04 09:20", "2026-05-04 09:30"),)
