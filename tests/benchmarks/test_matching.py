"""The matching benchmark counts what it says it counts."""

from benchmarks.matching import Matching, Outcome, Text, load_texts, matching_markdown, measure_matching
from flowpilot.db.connect import DatabaseUrls
from flowpilot.flows.shipped import shipped_flows

# By their hashes, the first two were fitted to, and the others held back.
FITTED, FITTED_TOO, HELD, HELD_TOO = (Text(text, "printer") for text in ("first", "second", "third", "fourth"))
NO_FLOW = Text("fifth", "")


def _cells(*outcomes: Outcome) -> list[tuple[str, ...]]:
    return list(Matching(outcomes, match_ms=4.0, select_ms=0.5).rows())


def test_every_shipped_flow_is_asked_for_and_some_texts_have_none() -> None:
    texts = load_texts()
    assert {text.flow for text in texts} == {"", *shipped_flows()}
    assert len({text.text for text in texts}) == len(texts) >= 60


def test_both_halves_have_texts_with_and_without_a_flow() -> None:
    kinds = {(text.is_held_back, bool(text.flow)) for text in load_texts()}
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}


def test_shares_are_counted_by_half() -> None:
    table = _cells(
        Outcome(FITTED, [("printer", 0.9), ("vpn", 0.1)]),
        Outcome(FITTED_TOO, [("vpn", 0.5), ("dns", 0.2), ("wifi", 0.1), ("printer", 0.06)]),
        Outcome(HELD, [("vpn", 0.5), ("dns", 0.2), ("printer", 0.1)]),
        Outcome(HELD_TOO, []),
        Outcome(NO_FLOW, [("vpn", 0.39)]),
    )
    bare = [(name, *(cell.split(":")[0] for cell in cells)) for name, *cells in table]
    assert bare == [
        ("the right flow is the first", "1 of 2", "0 of 2", "1 of 4"),
        ("the right flow is among three", "1 of 2", "1 of 2", "2 of 4"),
        ("the best one is guided", "1 of 2", "0 of 2", "1 of 4"),
        ("the best one is exploring", "1 of 2", "1 of 2", "2 of 4"),
        ("the best one is discovery, or none", "0 of 2", "1 of 2", "1 of 4"),
        ("no flow is right, and none is followed", "none", "1 of 1", "1 of 1"),
    ]
    assert table[0][1] == "1 of 2: 50 % (9 to 91)"


def test_following_a_flow_when_no_flow_is_right_counts_against_it() -> None:
    table = _cells(Outcome(NO_FLOW, [("vpn", 0.4)]))
    assert table[-1] == ("no flow is right, and none is followed", "none", *["0 of 1: 0 % (0 to 79)"] * 2)


def test_every_text_is_matched_and_timed(urls: DatabaseUrls) -> None:
    measured = measure_matching(urls.runtime)
    assert [outcome.asked for outcome in measured.outcomes] == load_texts()
    assert measured.match_ms > measured.select_ms > 0
    page = matching_markdown(measured)
    assert f"with {len(shipped_flows())} flows." in page
    assert len([line for line in page.splitlines() if line.startswith("|")]) == 8
