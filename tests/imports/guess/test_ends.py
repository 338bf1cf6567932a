"""When the tickets of a guessed event log are over: reopened, closed after they were resolved, or cancelled."""

from pathlib import Path

import pytest

from flowpilot.imports.choosing.choices import Choices, choose, finished
from flowpilot.imports.guess.columns import Column
from flowpilot.imports.guess.roles import Roles
from flowpilot.imports.guess.suggest import suggest
from tests.imports.guess.test_mapping import MINUTES, bring
from tests.imports.helpers import World

ENGINEERS = "SELECT s.psa_ticket_id, u.name FROM ai_sessions s JOIN users u ON u.id = s.user_id"
LOG = """case,{activity},when,who
A,Open,2026-06-01 08:00,Ada
A,Resolved,2026-06-01 09:00,Ada
A,{again},2026-06-02 08:00,Ada
A,Work,2026-06-10 08:00,Bob
B,Open,2026-06-01 08:00,Ada
B,Resolved,2026-06-01 10:00,Bob
B,Closed,2026-06-08 10:00,System
C,Open,2026-06-01 08:00,Ada
C,Closed,2026-06-02 08:00,Ada
C,{again},2026-06-03 08:00,Ada
C,Resolved,2026-06-04 08:00,Ada
C,Resolved,2026-06-04 09:00,Ada
C,Closed,2026-06-11 08:00,System
D,Open,2026-06-01 08:00,Ada
D,Closed,2026-06-01 08:30,Bob
E,Open,2026-06-01 08:00,Ada
E,Cancelled,2026-06-01 09:00,Bob
E,Closed,2026-06-08 09:00,System
"""
OVER = [
    ("A", "active", None),
    ("B", "resolved", 120),
    ("C", "resolved", 4320),
    ("D", "resolved", 30),
    ("E", "abandoned", None),
]


def log(folder: Path, activity: str, again: str) -> Path:
    file = folder / "log.csv"
    file.write_text(LOG.format(activity=activity, again=again))
    return file


@pytest.mark.parametrize(
    ("activity", "again"),
    [("activity", "Reopened"), ("activity", "Re-opened by customer"), ("status", "In Progress")],
)
def test_a_ticket_is_over_when_it_was_last_resolved(
    world: World, tmp_path: Path, activity: str, again: str
) -> None:
    bring(world, tmp_path, log(tmp_path, activity, again))
    assert world.ask(MINUTES) == OVER


def test_a_machine_that_closes_tickets_is_nobodys_engineer(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, log(tmp_path, "activity", "Reopened"))
    assert dict(world.ask(ENGINEERS)) == {"A": "Bob", "B": "Bob", "C": "Ada", "D": "Bob", "E": "Bob"}
    assert world.ask("SELECT external_name FROM memberships ORDER BY 1") == [("Ada",), ("Bob",)]


def test_a_person_can_say_which_value_opens_a_ticket_again(world: World, tmp_path: Path) -> None:
    file = log(tmp_path, "activity", "Customer unhappy")
    suggested = suggest(file, "log", "UTC")
    meanings = {("activity", "Customer unhappy"): "open"}
    world.load(file, finished(choose(suggested.draft, suggested.sample, Choices("UTC", meanings=meanings))))
    assert world.ask(MINUTES) == OVER


def test_reopening_is_found_also_if_it_is_rare(world: World, tmp_path: Path) -> None:
    times = [(number, hour) for number in range(30) for hour in (10, 11)]
    others = "".join(f"X{number},Kind {number % 20},2026-06-01 {hour}:00,Ada\n" for number, hour in times)
    file = tmp_path / "log.csv"
    file.write_text(LOG.format(activity="activity", again="Reopened") + others)
    bring(world, tmp_path, file)
    assert world.ask(MINUTES)[:5] == OVER


@pytest.mark.parametrize(
    ("values", "reopened", "cancelled"),
    [
        (
            ["wieder geöffnet", "Wiedereröffnet", "Ticket reopened"],
            ["Ticket reopened", "Wiedereröffnet", "wieder geöffnet"],
            [],
        ),
        (["Canceled", "Abgebrochen", "Closed - Cancelled"], [], ["Abgebrochen", "Canceled", "Closed - Cancelled"]),
        (["Meeting cancelled", "Opened", "Door opened again soon"], ["Door opened again soon"], []),
    ],
)
def test_words_for_reopened_and_cancelled(values: list[str], reopened: list[str], cancelled: list[str]) -> None:
    roles = Roles({"activity": Column("activity", len(values), tuple(values))}, None, repeats=True)
    assert roles.reopened_values("activity") == reopened
    assert roles.cancelled_values("activity") == cancelled
    assert not roles.done_values("activity")
