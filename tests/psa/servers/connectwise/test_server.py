"""The local ConnectWise PSA is as strict as the published interface."""

from typing import Any

import pytest

from tests.psa.servers.connectwise.conditions import ConditionError, parse
from tests.psa.servers.connectwise.desk import Desk, RefusedError
from tests.psa.servers.connectwise.lists import page_of

TICKET = {
    "id": 5,
    "summary": 'The "printer"',
    "board": {"id": 2},
    "closedFlag": False,
    "lastUpdated": "2026-06-15",
}
FIELDS = {"id", "summary", "board/id", "closedFlag", "lastUpdated", "owner/identifier"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("id = 5 and board/id = 2", True),
        ("id = 6 or (board/id in (1,2) and closedFlag = false)", True),
        ("not id = 5", False),
        ("summary contains 'PRINTER'", True),
        ('summary like "the%"', True),
        ("summary not contains 'x'", True),
        ("owner/identifier = null", True),
        ("lastUpdated > [2026-06-14T23:59:59Z]", True),
        ("id != 5", False),
    ],
)
def test_conditions_hold(text: str, holds: bool) -> None:
    assert parse(text, FIELDS)(TICKET) is holds


@pytest.mark.parametrize(
    "text", ["nothing = 5", "id ~ 5", "id = ", "id in ()", "(id = 5", "id = five", 'summary = "a\\b"', "id = 5 id"]
)
def test_conditions_that_are_not_known_are_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        parse(text, FIELDS)


def test_pages_are_by_number_or_forward_only() -> None:
    records: list[dict[str, Any]] = [{"id": number} for number in range(1, 6)]
    found, more = page_of("notes", records, {"page": "2", "pageSize": "2"}, "http://x", is_forward_only=False)
    assert ([record["id"] for record in found], more) == (
        [3, 4],
        {"Link": '<http://x?page=3&pageSize=2>; rel="next"'},
    )
    found, more = page_of("notes", records, {"pageId": "3", "pageSize": "2"}, "http://x", is_forward_only=True)
    assert ([record["id"] for record in found], more) == ([4, 5], {})


def _refusal(desk: Desk, **changed: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        desk.new_entry(
            {"chargeToId": 5001, "chargeToType": "ServiceTicket", "timeStart": "2026-06-15T09:00:00Z", **changed}
        )
    return str(refused.value)


def test_a_fraction_of_a_second_is_refused() -> None:
    desk = Desk()
    desk.new_ticket({"summary": "Printer"})
    assert "timeStart must be" in _refusal(desk, timeStart="2026-06-15T09:00:00.000Z", actualHours=1)
    assert "do not agree" in _refusal(desk, timeEnd="2026-06-15T10:00:00Z", actualHours=0.5)


def test_a_summary_has_at_most_a_hundred_characters() -> None:
    with pytest.raises(RefusedError, match="100 characters"):
        Desk().new_ticket({"summary": "x" * 101})


def test_a_change_names_paths_in_connectwises_own_dialect() -> None:
    desk = Desk()
    number = desk.new_ticket({"summary": "Printer"})["id"]
    for path in ("/status", "Status"):
        with pytest.raises(RefusedError, match="cannot be changed"):
            desk.change_ticket(number, [{"op": "replace", "path": path, "value": {"id": 102}}])
    desk.change_ticket(number, [{"op": "replace", "path": "status/id", "value": 102}])
    assert desk.ticket(number)["status"]["id"] == 101
    with pytest.raises(RefusedError, match="Service Status 201 not found for Service Board 1"):
        desk.change_ticket(number, [{"op": "replace", "path": "status", "value": {"id": 201}}])
