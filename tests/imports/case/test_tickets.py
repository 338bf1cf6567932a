"""The first action of one row a ticket is the contract's: the earliest step after the claim, whoever did it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowpilot.db.bulk import account_transaction
from flowpilot.handoffs.derived import reconcile as reconcile_handoffs
from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.model import Case, Row, Step
from flowpilot.imports.choosing.bases import DraftRequest, begin
from flowpilot.imports.mapping.loading import load_mapping, mapping_of
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.sessions.derived import reconcile as reconcile_sessions
from tests.conftest import SHARED_DATA
from tests.imports.helpers import World
from tests.imports.test_vendors import SESSIONS, file_of

FIELD = SHARED_DATA / "field"
TICKETS: dict[str, Any] = {
    "name": "one row",
    "times": {"format": "%Y-%m-%d %H:%M", "zone": "UTC"},
    "case": {"id": "ticket"},
    "session": {
        "created_at": "opened",
        "resolved_at": "solved",
        "engineer": ["owner"],
        "status": [{"status": "resolved", "column": "solved"}, {"status": "open"}],
    },
    "ticket": {
        "first_response": {"at": "answered"},
        "escalated": {"at": "up"},
        "claimed": {"at": "taken", "by": "taken_by"},
        "acted": {"at": "acted"},
    },
}
CLOCKS = {"opened": "08:00", "up": "09:00", "taken": "09:30", "solved": "11:00"}


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-04 {clock}").replace(tzinfo=UTC)


def build(clocks: dict[str, str], mapping: dict[str, Any] = TICKETS) -> Case:
    read = Mapping.model_validate(mapping)
    times = {column: f"2026-05-04 {clock}" for column, clock in {**CLOCKS, **clocks}.items()}
    row: Row = {**dict.fromkeys(read.uses), "ticket": "T1", "owner": "Ada", "taken_by": "Grace", **times}
    case = build_case("T1", [row], read)
    assert case is not None
    return case


def answered(clock: str) -> Step:
    return Step(at(clock), "Ada", {"note": "first response"})


def acted(clock: str) -> Step:
    return Step(at(clock), "Grace", {"note": "first action"})


@pytest.mark.parametrize(
    ("clocks", "first", "claimants"),
    [
        ({"answered": "09:50", "acted": "10:00"}, answered("09:50"), acted("10:00")),
        ({"answered": "08:10", "acted": "10:00"}, acted("10:00"), acted("10:00")),
        ({"answered": "09:50"}, answered("09:50"), None),
        ({"answered": "09:30", "acted": "09:30"}, None, None),
        ({"answered": "09:50", "acted": "11:30"}, answered("09:50"), None),
        ({}, None, None),
    ],
    ids=["answered first", "answered before", "not acted", "at the claim", "acted after the end", "nothing known"],
)
def test_the_first_action_is_the_earliest_step_after_the_claim(
    clocks: dict[str, str], first: Step | None, claimants: Step | None
) -> None:
    (handoff,) = build(clocks).handoffs
    assert (handoff.first_action, handoff.claimant_action) == (first, claimants)


def test_whoever_claimed_acted_if_no_column_names_somebody() -> None:
    assert build({"answered": "09:50", "acted": "10:00"}).steps == [answered("09:50"), acted("10:00")]
    assert [step.by for step in build({"acted": "10:00", "taken": "08:50"}).steps] == ["Grace"]


def test_a_column_may_name_who_acted() -> None:
    rules = {**TICKETS["ticket"], "acted": {"at": "acted", "by": "owner"}}
    case = build({"acted": "10:00"}, {**TICKETS, "ticket": rules})
    assert [step.by for step in case.steps] == ["Ada"]
    assert (case.handoffs[0].first_action, case.handoffs[0].claimant_action) == (case.steps[0], None)


def corrected(world: World) -> tuple[int, int]:
    """How many sessions and handoffs a repair would change."""
    with account_transaction(world.url, world.account_id) as connection:
        return (
            reconcile_sessions(connection, world.account_id),
            reconcile_handoffs(connection, world.account_id),
        )


def test_a_repair_changes_nothing_of_one_row_a_ticket(world: World, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    columns = ("ticket", "opened", "answered", "up", "taken", "taken_by", "acted", "solved", "owner")
    clocks = [{"answered": "09:50", "acted": "10:00"}, {"answered": "08:10", "acted": "10:00"}, {"acted": "11:30"}]
    rows = [
        {"ticket": f"T{number}", "taken_by": "Grace", "owner": "Ada"}
        | {column: f"2026-05-04 {clock}" for column, clock in {**CLOCKS, **of_row}.items()}
        for number, of_row in enumerate(clocks)
    ]
    lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
    file.write_text("\n".join(lines))
    world.load(file, Mapping.model_validate(TICKETS))
    assert world.ask("SELECT count(first_action_at), count(claimant_action_at) FROM session_handoffs") == [(3, 2)]
    assert corrected(world) == (0, 0)


@pytest.mark.parametrize("system", SESSIONS)
def test_a_repair_changes_nothing_of_an_export(world: World, tmp_path: Path, system: str) -> None:
    world.load(file_of(system, tmp_path), load_mapping(system))
    assert corrected(world) == (0, 0)


@pytest.mark.parametrize("file", sorted(FIELD.glob("*.[cj]s*")), ids=lambda file: file.name)
def test_a_repair_changes_nothing_of_a_log_of_the_field(world: World, file: Path) -> None:
    world.load(file, mapping_of(begin(file, DraftRequest("UTC"), {}).draft))
    assert corrected(world) == (0, 0)
