"""What was read is kept for a while, and not more than there is room for."""

from datetime import timedelta

from flowpilot.psa.tickets.recent import Recent
from tests.company import at

NOON = at("2026-06-15 12:00")


def test_a_value_is_kept_for_its_lifetime() -> None:
    recent: Recent[str] = Recent(timedelta(seconds=60), most=2)
    recent.put("a", "one", NOON)
    assert recent.get("a", NOON + timedelta(seconds=59)) == "one"
    assert recent.get("a", NOON + timedelta(seconds=60)) is None
    assert recent.get("b", NOON) is None


def test_the_oldest_goes_first() -> None:
    recent: Recent[str] = Recent(timedelta(seconds=60), most=2)
    for key in ("a", "b", "a", "c"):
        recent.put(key, key, NOON)
    assert [recent.get(key, NOON) for key in ("a", "b", "c")] == ["a", None, "c"]


def test_what_is_over_does_not_stay() -> None:
    recent: Recent[str] = Recent(timedelta(seconds=60), most=10)
    recent.put("a", "1", NOON)
    recent.put("b", "2", NOON + timedelta(seconds=61))
    assert list(recent._kept) == ["b"]
