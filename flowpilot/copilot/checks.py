"""What to ask and check when no flow covers a problem, as data (`checks.toml`)."""

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from flowpilot.copilot.schemas import ProposedStep


class Check(ProposedStep):
    """A question or a check, and the words that show that it is already done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known: tuple[str, ...] = ()


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


def mentions(text: str, words: Iterable[str]) -> int:
    """How many of the words occur in the text at the beginning of a word, ignoring case."""
    return sum(re.search(rf"(?<!\w){re.escape(word)}", text, re.IGNORECASE) is not None for word in words)
