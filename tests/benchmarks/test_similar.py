"""The benchmark of similar sessions and steps counts what it says it counts."""

from collections.abc import Sequence

from benchmarks.similar import Labelled, Similar, instructions, measure_similar, proposals, similar_markdown
from flowpilot.db.connect import DatabaseUrls
from flowpilot.sessions.similar.likeness import Traits
from flowpilot.sessions.similar.words import Worth

# By their hashes, the rule may be fitted to the first, and the others are held back.
FITTED, HELD, HELD_TOO = "label", "third", "fourth"


def _session(label: str, *words: str) -> Labelled:
    return Labelled(label, label, " ".join(words), Traits(frozenset(words), frozenset()))


def _names(groups: Sequence[Sequence[Labelled]]) -> list[list[str]]:
    return [[one.label for one in group] for group in groups]


def test_sessions_join_what_is_like_them() -> None:
    sessions = [_session("a", "blank", "label"), _session("b", "camera"), _session("a", "blank", "label")]
    assert _names(proposals(sessions, Worth())) == [["a", "a"], ["b"]]


def test_steps_are_grouped_one_family_at_a_time() -> None:
    steps = [
        Labelled(label, family, f"{label} {family}", Traits(frozenset(), frozenset({"cable"})))
        for label, family in (("a", "one"), ("a", "one"), ("b", "two"))
    ]
    assert _names(instructions(steps, Worth())) == [["a", "a"], ["b"]]


def test_a_pair_counts_as_held_back_if_one_of_it_is() -> None:
    assert [_session(name).is_held_back for name in (FITTED, HELD, HELD_TOO)] == [False, True, True]
    same = [_session(name, "blank", "label") for name in (FITTED, FITTED, HELD, HELD_TOO)]
    rows = [[cell.split(":")[0] for cell in row] for row in Similar(same, [], Worth()).rows()]
    assert rows[:4] == [
        ["pairs of sessions with the same problem that are in one proposal", "1 of 1", "none", "1 of 1"],
        ["pairs of sessions in one proposal that have the same problem", "1 of 1", "0 of 5", "1 of 6"],
        ["proposals that hold one problem only", "1 of 1", "0 of 1", "0 of 1"],
        ["problems that are in one proposal only", "1 of 1", "2 of 2", "3 of 3"],
    ]


def test_both_shares_have_sessions_and_steps(urls: DatabaseUrls) -> None:
    measured = measure_similar(urls.runtime)
    for labelled in (measured.sessions, measured.steps):
        assert {one.is_held_back for one in labelled} == {False, True}
    assert len(measured.sessions) >= 150
    assert similar_markdown(measured).startswith("## Sessions of the same problem")
