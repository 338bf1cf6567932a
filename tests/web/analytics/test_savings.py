"""What is said where most handoffs and their mean point in different directions."""

import pytest

from flowpilot.web.analytics.figures import outweighed


@pytest.mark.parametrize(
    ("share", "saved", "words"),
    [
        (0.71, -146.0, "Most in the product start faster, and their mean is longer all the same"),
        (0.24, 60.0, "Most in the product start slower, and their mean is shorter all the same"),
        (0.71, 60.0, None),
        (0.24, -60.0, None),
        (0.5, -60.0, None),
        (None, None, None),
    ],
)
def test_a_mean_that_says_otherwise_is_explained(
    share: float | None, saved: float | None, words: str | None
) -> None:
    said = outweighed(share, saved)
    assert said is None if words is None else said is not None and said.startswith(words)
