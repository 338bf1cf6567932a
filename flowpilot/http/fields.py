"""What a request may carry: bodies of known fields, and the kinds of text."""

from typing import Annotated

from fastapi import Path
from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from flowpilot.text import MAX_NAME, is_visible, with_plain_breaks, without_turns


class Body(BaseModel):
    """The body of a request. An unknown field is refused, by name.

    Otherwise a misspelt field would be ignored: with `prioity: "urgent"`, a handoff would wait as a normal one.
    """

    model_config = ConfigDict(extra="forbid")


def wrong(field: str, sentence: str) -> RequestValidationError:
    """The error of one field of a request's body, such as `credentials.token`."""
    return RequestValidationError([{"loc": ("body", *field.split(".")), "msg": sentence, "type": "value_error"}])


def storable(text: str) -> str:
    """The text, if PostgreSQL can store it.

    Raises:
        ValueError: it contains NUL or a lone surrogate.
    """
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain NUL or half a character")
    return text


def says_something(text: str) -> str:
    """The text, if there is anything in it that a person can see.

    Raises:
        ValueError: it has only spaces, control characters and characters without a shape.
    """
    if not is_visible(text):
        raise ValueError("must say something: it has only spaces or invisible characters")
    return text


def if_visible(text: str) -> str:
    """The text; an empty one if there is nothing in it that a person can see."""
    return text if is_visible(text) else ""


# The same text is stored the same, whichever form has sent it, so that texts can be compared.
Storable = Annotated[str, AfterValidator(storable), AfterValidator(with_plain_breaks)]
Text = Annotated[Storable, Field(max_length=200)]
PathText = Annotated[Storable, Path(max_length=200)]

# Trimmed, and not blank: a line, a paragraph of notes, and a problem as it came in, which may be a whole e-mail.
_Said = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    AfterValidator(storable),
    AfterValidator(with_plain_breaks),
    AfterValidator(says_something),
]
# What turns the direction of writing stays in a body, and makes a name look like another one.
Line = Annotated[_Said, AfterValidator(without_turns), Field(max_length=MAX_NAME)]
Words = Annotated[_Said, Field(max_length=5_000)]
Problem = Annotated[_Said, Field(max_length=10_000)]
# Trimmed, and may be empty, as one is that nobody can see.
_MaySay = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(storable),
    AfterValidator(with_plain_breaks),
    AfterValidator(if_visible),
]
Trimmed = Annotated[_MaySay, Field(max_length=200)]
Remark = Annotated[_MaySay, Field(max_length=5_000)]
WholeText = Annotated[_MaySay, Field(max_length=10_000)]

# A form sends a field that is left empty as an empty text.
EmptyIsNone = BeforeValidator(lambda value: value or None)

_LINE: TypeAdapter[str] = TypeAdapter(Line)


def as_line(text: str, field: str) -> str:
    """A text that is a line at its place, by the rule of a line, though the field of the request takes more.

    Raises:
        RequestValidationError: it is too long for a line.
    """
    try:
        return _LINE.validate_python(" ".join(text.split()))
    except ValidationError:
        raise wrong(field, f"Enter at most {MAX_NAME} characters.") from None
