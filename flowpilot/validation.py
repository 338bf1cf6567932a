"""What is wrong with a value, in plain words: Pydantic's own sentences speak of types, items and validation."""

from collections.abc import Mapping
from typing import Any

_PREFIX = "Value error, "  # Pydantic puts it before the sentence of a validator of ours.
_NUMBER = "Enter a number"
_WHOLE_NUMBER = "Enter a whole number"

# By the kind of error; in braces is what Pydantic knows of the limit.
_SENTENCES = {
    "bool_parsing": "Choose true or false",
    "enum": "Choose {expected}",
    "extra_forbidden": "There is no field of this name",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "Enter more than {gt}",
    "greater_than_equal": "Enter {ge} or more",
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "less_than": "Enter less than {lt}",
    "less_than_equal": "Enter {le} or less",
    "literal_error": "Choose {expected}",
    "missing": "Fill in this field",
    "string_too_long": "Enter at most {max_length} characters",
    "string_too_short": "Enter at least {min_length} characters",
    "string_type": "Enter text",
    "uuid_parsing": "This is not an id",
}


def said_plainly(error: Mapping[str, Any]) -> str:
    """One of Pydantic's errors as a sentence without its full stop, saying what to enter."""
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "string_too_short" and limits.get("min_length") == 1:
        kind = "missing"
    if kind in {"too_long", "too_short"} and limits.get("field_type") == "Value":
        # A text whose length was counted after it was trimmed.
        kind = f"string_{kind}"
    plain = _SENTENCES.get(kind)
    try:
        return str(error["msg"]).removeprefix(_PREFIX) if plain is None else plain.format_map(limits)
    except KeyError:
        return str(error["msg"])
