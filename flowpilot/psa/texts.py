"""Texts of a ticket system, as `guard` lets them pass, and credentials that every header can carry."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints

from flowpilot.http.fields import storable
from flowpilot.text import MAX_NAME, MAX_REASON, kept


def _kept(limit: int) -> Any:
    return BeforeValidator(lambda value: kept(value, limit) if isinstance(value, str) else value)


def _id_or_none(value: Any) -> str | None:
    is_id = isinstance(value, str) and value != "" and kept(value, MAX_NAME) == value
    return value if is_id else None


def _printable(secret: SecretStr) -> SecretStr:
    if not all("!" <= letter <= "~" for letter in secret.get_secret_value()):
        raise ValueError("must not contain spaces or letters that no header can carry")
    return secret


# An id that had to be changed would be the id of something else: the record's own has to be right, and one of
# something beside it is left out.
Id = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(storable)]
OtherId = Annotated[str | None, BeforeValidator(_id_or_none)]
Name = Annotated[str, _kept(MAX_NAME)]
Sentence = Annotated[str, _kept(MAX_REASON)]
NoteText = Annotated[str, _kept(100_000)]

# They go into headers as they are.
Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[!-~]+$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=500), AfterValidator(_printable)]
