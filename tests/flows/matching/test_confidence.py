"""How certain it is that a flow fits, from the evidence alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.flows.matching.confidence import DOUBTED, Evidence, confidences, tier

evidence = st.builds(
    lambda strength, is_domain, cases, share: Evidence(strength, is_domain, cases, round(cases * share)),
    st.floats(0, 200),
    st.booleans(),
    st.integers(0, 100),
    st.floats(0, 1),
)


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0.0, "discovery"),
        (0.3999, "discovery"),
        (0.4, "exploring"),
        (0.7999, "exploring"),
        (0.8, "guided"),
        (1.0, "guided"),
    ],
)
def test_a_tier_begins_at_its_threshold(confidence: float, expected: str) -> None:
    assert tier(confidence) == expected


@given(st.lists(evidence, max_size=5))
def test_it_is_a_share_of_one_for_each_candidate(candidates: list[Evidence]) -> None:
    found = confidences(candidates)
    assert len(found) == len(candidates)
    assert all(0 <= confidence <= 1 for confidence in found)


@given(st.floats(0, 5), st.floats(0.1, 5), st.floats(0, 5))
def test_more_in_common_never_makes_it_less_sure(strength: float, more: float, other: float) -> None:
    less, _ = confidences([Evidence(strength), Evidence(other)])
    better, _ = confidences([Evidence(strength + more), Evidence(other)])
    assert better > less


def test_a_rival_makes_it_less_sure() -> None:
    [alone] = confidences([Evidence(2.0)])
    beside = confidences([Evidence(2.0), Evidence(1.9)])
    assert alone >= 0.8 > beside[0] > beside[1]


def test_a_flow_without_a_history_is_not_punished_for_it() -> None:
    rivals = [Evidence(1.5, cases=40, resolved=20), Evidence(1.4)]
    with_history, without = confidences(rivals)
    plain = confidences([Evidence(1.5), Evidence(1.4)])
    assert [with_history, without] == pytest.approx(plain)


def test_the_better_flow_comes_first_if_the_words_leave_it_open() -> None:
    bad, good = confidences([Evidence(1.5, cases=40, resolved=8), Evidence(1.45, cases=40, resolved=36)])
    assert good > bad


def test_the_best_history_does_not_beat_the_words() -> None:
    right, wrong = confidences([Evidence(2.5, cases=100, resolved=0), Evidence(0.5, cases=100, resolved=100)])
    assert right > wrong


def test_one_session_says_next_to_nothing() -> None:
    candidates = [Evidence(1.5, cases=1, resolved=0), Evidence(1.5, cases=40, resolved=40)]
    assert confidences(candidates)[0] == pytest.approx(confidences([Evidence(1.5), Evidence(1.5)])[0], abs=0.05)


def test_the_own_domain_helps_but_makes_no_flow_of_nothing() -> None:
    with_domain, without = (confidences([Evidence(0.8, is_domain=known)])[0] for known in (True, False))
    assert with_domain > without
    [nothing] = confidences([Evidence(0.1, is_domain=True)])
    assert tier(nothing) == "discovery"


def test_a_doubted_flow_comes_after_a_trusted_one_that_fits_as_well() -> None:
    trusted, doubted = confidences([Evidence(3.0), Evidence(3.0, is_doubted=True)])
    assert doubted == DOUBTED * trusted


@pytest.mark.parametrize(("is_doubted", "expected"), [(False, "guided"), (True, "exploring")])
def test_a_doubted_flow_is_explored_where_a_trusted_one_guides(is_doubted: bool, expected: str) -> None:
    [alone] = confidences([Evidence(5.0, is_doubted=is_doubted)])
    assert tier(alone) == expected
