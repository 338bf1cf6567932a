"""The line of questioning for problems that no flow covers, as data (`checks.toml`)."""

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from flowpilot.copilot.schemas import ProposedStep


class Check(ProposedStep):
    """A question or a check, and the words that show that it has been dealt with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known: tuple[str, ...] = ()


class Topic(BaseModel):
    """A kind of problem: the words and domains that it is known by, and what to check first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    domains: list[str]
    words: list[str]
    check: list[Check]
    first: bool = False


class Checks(BaseModel):
    """All of it: what to ask of any problem, what to check of each kind, and what is left at the end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: list[Check]
    topic: list[Topic]
    last: Check


CHECKS = Checks.model_validate(tomllib.loads(files(__package__).joinpath("checks.toml").read_text("utf-8")))


def mentions(text: str, words: Iterable[str]) -> int:
    """How many of the words stand in the text, each from the beginning of a word on, in any case."""
    return sum(re.search(rf"(?<!\w){re.escape(word)}", text, re.IGNORECASE) is not None for word in words)
