"""Numbers that come from outside are numbers, or refused."""

import pytest
from pydantic import TypeAdapter, ValidationError

from flowpilot.http.paging import BadCursorError
from flowpilot.psa.numbers import TicketNumber, bare, is_number, number, read_cursor


@pytest.mark.parametrize(
    ("text", "may_be"), [("42", True), ("0042", True), ("", False), ("-1", False), ("²", False), ("9" * 30, False)]
)
def test_a_number_of_a_record_has_a_few_plain_digits(text: str, may_be: bool) -> None:
    assert is_number(text) is may_be


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" #4711 ", 4711),
        ("0042", 42),
        ("0", None),
        ("2147483647", 2147483647),
        ("2147483648", None),
        ("T-1", None),
    ],
)
def test_somebody_types_the_id_of_a_record(text: str, found: int | None) -> None:
    assert number(text) == found


@pytest.mark.parametrize(("text", "found"), [(" #4711 ", "4711"), ("# T-1", "T-1"), ("4#7", "4#7"), ("#", "#")])
def test_a_hash_before_a_number_does_not_belong_to_it(text: str, found: str) -> None:
    assert bare(text) == found


@pytest.mark.parametrize("typed", ["419665\u200b", "\uff03419665", "4\uff119665", "#\ufeff419665"])
def test_strange_signs_do_not_make_another_ticket(typed: str) -> None:
    assert TypeAdapter(TicketNumber).validate_python(typed) == "419665"


@pytest.mark.parametrize("typed", ["1\n2", "1\u20282", "1\t2", "\u200b"])
def test_a_ticket_number_is_on_one_line(typed: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(TicketNumber).validate_python(typed)


@pytest.mark.parametrize(("cursor", "found"), [(None, 1), ("1", 1), ("3", 3)])
def test_a_cursor_is_the_number_of_a_page(cursor: str | None, found: int) -> None:
    assert read_cursor(cursor, 1) == found


@pytest.mark.parametrize("cursor", ["", "next", "0", "-1", "²", "9" * 30])
def test_a_cursor_that_is_not_one_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        read_cursor(cursor, 1)
