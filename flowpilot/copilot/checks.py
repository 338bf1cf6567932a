"""What to ask and check when no flow covers a problem, as data (`checks.toml`)."""

import re
import tomllib
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from flowpilot.copilot.schemas import ProposedStep


class Check(ProposedStep):
    """A question or a check, and the words that show that it is done: with `code_is_known`, an error code, too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known: tuple[str, ...] = ()
    code_is_known: bool = False


class Topic(BaseModel):
    """A kind of problem: its words and domains, and what to check first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    domains: list[str]
    words: list[str]
    check: list[Check]
    first: bool = False


class Checks(BaseModel):
    """What to ask about any problem, what to check for each kind, and what to do at the end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: list[Check]
    topic: list[Topic]
    last: Check


CHECKS = Checks.model_validate(tomllib.loads(files(__package__).joinpath("checks.toml").read_text("utf-8")))


# Of these letters each has one small letter at most, and no other that is the same to `re.IGNORECASE`.
_SIMPLE = re.compile("[\x00-\xb4\xb6-\xfe\u2010-\u2027\u20ac]*")


def mentions(text: str, words: Iterable[str]) -> int:
    """How many of the words occur in the text at the beginning of a word, ignoring case."""
    small = text.lower() if _SIMPLE.fullmatch(text) else None
    found = 0
    for small_word, begins in map(_looking_for, words):
        # Most occur nowhere, and that is found out sooner.
        if (small is None or small_word in small) and begins(text) is not None:
            found += 1
    return found


@lru_cache(maxsize=4_096)
def _looking_for(word: str) -> tuple[str, Callable[[str], re.Match[str] | None]]:
    """What a simple text has in small letters if it has the word, and what looks for the word in any text."""
    begins = re.compile(rf"(?<!\w){re.escape(word)}", re.IGNORECASE).search
    return word.lower() if _SIMPLE.fullmatch(word) else "", begins


# "error 628", "Fehler: IM002", "stop code (0x1A)", but not "an error 20 times"; and ERR_CERT_DATE_INVALID.
_CODE = re.compile(
    r"\b(?:error|fehler|erreur|stop[ -]?code|event|exception|status code)\b[\s:#(]*"
    r"(?:(?:code|id|no|nr|number|nummer)\b\.?[\s:#(]*)?(?=[a-z_.-]{0,12}\d)[\w-]{2,}"
    r"(?![\w-]|\s*(?:times|x|mal|fois|minutes|hours|days|users|years|am|pm|o'clock)\b)"
    r"|\b(?-i:[A-Z]{2,}_[A-Z0-9]{2,})|\b0x[0-9a-f]{2,}",
    re.IGNORECASE,
)


def quotes_a_code(text: str) -> bool:
    """Whether the text says the code of an error."""
    return _CODE.search(text) is not None
