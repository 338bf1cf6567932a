"""A sealed text can only be read with the same key."""

import pytest

from flowpilot.sealed import UnsealableError, seal, unseal

KEY, OTHER = "s" * 32, "t" * 32
TEXT = "https://hooks.example/services/SECRETPATH"


def test_a_sealed_text_can_be_read_again() -> None:
    assert unseal(KEY, seal(KEY, TEXT)) == TEXT


def test_it_says_nothing_and_never_looks_the_same() -> None:
    assert b"SECRETPATH" not in seal(KEY, TEXT)
    assert seal(KEY, TEXT) != seal(KEY, TEXT)


@pytest.mark.parametrize("sealed", [seal(OTHER, TEXT), seal(KEY, TEXT).swapcase(), b""])
def test_with_another_key_or_after_a_change_it_cannot_be_read(sealed: bytes) -> None:
    with pytest.raises(UnsealableError, match="Enter it again"):
        unseal(KEY, sealed)
