"""Words are found as a search for each at the beginning of a word finds them, whatever letters there are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from flowpilot.copilot.checks import mentions

# Letters with other forms than their small ones, and those that are the same only to a search.
_LETTERS = st.text(
    st.sampled_from("aAiIkKsSåßµÿéÉüÜ€_-. (\n1\u0131\u0130\u017f\u212a\u212b\u1e9e\u03bc\u0178\u2019"), max_size=8
)


@given(_LETTERS, st.lists(_LETTERS, max_size=5))
def test_words_are_found(text: str, words: list[str]) -> None:
    assert mentions(text, words) == sum(
        re.search(rf"(?<!\w){re.escape(word)}", text, re.IGNORECASE) is not None for word in words
    )
