"""Nothing imports what is above it or beside it, models included."""

import grimp
import pytest

# From the ground up. A room may import what is on a lower floor; which features do so is in test_source.
FLOORS = (
    {"errors"},
    {"clock", "durations", "email_address", "sealed", "text", "validation", "working_hours"},
    {"settings"},
    {"db"},
    {"http", "jobs", "outgoing", "supervisor"},
    {"identity"},
    {"attachments"},
    {"baselines", "clients", "copilot", "flows", "psa"},
    {"sessions"},
    {"handoffs", "knowledge"},
    {"analytics", "imports", "notifications"},
    {"freshness", "live"},
    {"migrations", "wiring"},
    {"health", "offboarding", "repair", "worker"},
    {"web"},
    {"app", "demo"},
    {"cli"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def _room(module: str) -> str:
    return module.split(".")[1]


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("flowpilot", cache_dir=None)


def test_every_room_stands_on_a_floor(imports: grimp.ImportGraph) -> None:
    rooms = {_room(module) for module in imports.modules if "." in module} - {"__main__"}
    assert rooms == set(FLOOR_OF), "Say in FLOORS what a new room is built on, and what may be built on it."


@pytest.mark.parametrize("room", sorted(FLOOR_OF))
def test_nothing_imports_upward(imports: grimp.ImportGraph, room: str) -> None:
    climbing = [
        f"{module} imports {target}"
        for module in sorted(imports.find_descendants(f"flowpilot.{room}") | {f"flowpilot.{room}"})
        for target in sorted(imports.find_modules_directly_imported_by(module))
        if "." in target and _room(target) != room and FLOOR_OF[_room(target)] >= FLOOR_OF[room]
    ]
    assert not climbing, (
        f"{climbing}: a change above would mean reading what is below. Move what both need "
        "into a room below them, or let the upper one hook itself in (docs/decisions/0010)."
    )
