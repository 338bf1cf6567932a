"""The matching benchmark counts what it says it counts."""

from benchmarks.matching import Matching, Outcome, Text, load_texts, matching_markdown, measure_matching
from flowpilot.db.connect import DatabaseUrls
from flowpilot.flows.shipped import shipped_flows

FITTED, FITTED_TOO = (Text(text, "printer") for text in ("first", "second"))
HELD, HELD_TOO = (Text(text, "printer", held_back=True) for text in ("third", "fourth"))
NO_FLOW = Text("fifth", "", held_back=True)


def _cells(*outcomes: Outcome) -> dict[str, list[str]]:
    matching = Matching(
        outcomes, [Outcome(outcome.asked, []) for outcome in outcomes], match_ms=4.0, select_ms=0.5
    )
    return {name: [cell.split(":")[0] for cell in cells] for name, *cells in matching.rows()}


def test_every_shipped_flow_is_asked_for_and_some_texts_have_none() -> None:
    texts = load_texts()
    assert {text.flow for text in texts} == {"", *shipped_flows()}
    assert len({text.text for text in texts}) == len(texts) >= 300


def test_both_halves_have_texts_with_and_without_a_flow() -> None:
    kinds = {(text.held_back, bool(text.flow)) for text in load_texts()}
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}


def test_shares_are_counted_by_language_by_half_and_by_kind_of_evidence() -> None:
    table = _cells(
        Outcome(FITTED, [("printer", 0.99), ("vpn", 0.1)]),
        Outcome(FITTED_TOO, [("vpn", 0.99), ("dns", 0.2), ("wifi", 0.1), ("printer", 0.06)]),
        Outcome(HELD, [("vpn", 0.5), ("dns", 0.2), ("printer", 0.1)]),
        Outcome(HELD_TOO, []),
        Outcome(NO_FLOW, [("vpn", 0.39)]),
    )
    assert table["English: the right flow is the first"] == ["1 of 2", "0 of 2", "0 of 2", "0 of 2"]
    assert table["English: the right flow is among three"] == ["1 of 2", "0 of 2", "1 of 2", "0 of 2"]
    assert table["German: the right flow is the first"] == ["none"] * 4
    assert table["the flow begins by itself"] == ["2 of 2", "0 of 2", "0 of 3", "0 of 3"]
    assert table["the flow begins by itself, and is wrong"] == ["1 of 2", "0 of 2", "0 of 3", "0 of 3"]
    assert table["said 40 to 60 %: the flow is right"] == ["none", "none", "0 of 1", "none"]
    assert table["no flow is right, and none is followed"] == ["none", "none", "1 of 1", "1 of 1"]


def test_every_text_is_matched_and_timed(urls: DatabaseUrls) -> None:
    measured = measure_matching(urls.runtime)
    assert [outcome.asked for outcome in measured.by_words] == load_texts()
    assert [outcome.asked for outcome in measured.with_meaning] == load_texts()
    assert measured.match_ms > measured.select_ms > 0
    assert f"with {len(shipped_flows())} flows." in matching_markdown(measured)
