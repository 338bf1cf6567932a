from flowpilot.analytics.workload.load import LoadCell
from flowpilot.web.analytics.workload import busiest


def _week(counts: dict[tuple[int, int], int]) -> list[LoadCell]:
    return [
        LoadCell(weekday=weekday, hour=hour, sessions=counts.get((weekday, hour), 0), handoffs=0)
        for weekday in range(1, 8)
        for hour in range(24)
    ]


def test_hours_with_as_many_sessions_as_the_busiest_are_counted() -> None:
    counts = {(1, 8): 1, (2, 7): 4, (2, 9): 4, (3, 8): 4}
    assert busiest(_week(counts)) == "Tuesday, 7:00 to 8:00 (4 sessions), and as many in 2 other hours"
    assert busiest(_week({**counts, (2, 7): 5})) == "Tuesday, 7:00 to 8:00 (5 sessions)"
