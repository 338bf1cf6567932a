"""What people call the two help desks about, and the words they use, as data (`data/*.toml`)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from random import Random
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """One thing that people call about. Words in braces are filled from `Words.variations`.

    Attributes:
        flows: the slugs of the flows that are about it, the best first.
        path: what is answered at the nodes of those flows when it is this problem.
        tried: what an engineer tries without a flow, with the outcome.
        hunch: what an engineer who is stuck thinks it is.
        fix: what solved it in the end.
        while_used: it only comes in while one of its flows is in use; its cause is gone afterwards.
        clients: the only ones who have it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    flows: tuple[str, ...]
    path: dict[str, str] = {}
    tried: tuple[tuple[str, str], ...]
    hunch: str
    fix: str
    weight: float = 1.0
    while_used: bool = False
    clients: tuple[str, ...] = ()


class Domain(BaseModel):
    """One kind of problem; those of no kind are in the one without a name.

    `weight` is its share of the calls, `minutes` how long a typical one takes, `handover_share` how often an
    engineer is stuck. `vendor_share` of those handed over wait for a supplier for weeks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    weight: float
    minutes: float
    handover_share: float
    vendor_share: float = 0.0
    notes: tuple[str, ...]
    senior_notes: tuple[str, ...]
    problem: tuple[Problem, ...]


class Words(BaseModel):
    """What people write and say, whatever the problem is. `weak` has answers of their own, by node."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    own_words: tuple[str, ...]
    notes: tuple[str, ...]
    senior_notes: tuple[str, ...]
    customer_again: str
    still_waiting: str
    vendor_notes: tuple[str, ...]
    pauses: tuple[str, ...]
    give_ups: tuple[str, ...]
    led_astray: str
    releases: tuple[str, ...]
    returns: tuple[str, ...]
    sent_back: str
    parks: tuple[str, ...]
    vendor_ends: tuple[str, ...]
    taken_back: str
    rating_comments: tuple[str, ...]
    baseline_notes: tuple[str, ...]
    exclusions: tuple[str, ...]
    clients: dict[str, tuple[str, ...]]
    also_called: dict[str, str]
    client_notes: dict[str, str]
    variations: dict[str, tuple[str, ...]]
    weak: dict[str, tuple[str, ...]]


@cache
def domains() -> Mapping[str, Domain]:
    """All domains by name."""
    found = [Domain.model_validate(domain) for domain in _read("problems.toml")["domain"]]
    return MappingProxyType({domain.name: domain for domain in found})


@cache
def words() -> Words:
    """All words."""
    return Words.model_validate(_read("words.toml"))


def tell_problem(rng: Random, problem: Problem) -> str:
    """The problem as somebody tells it."""
    variants = {name: rng.choice(variants) for name, variants in words().variations.items()}
    text = problem.text.format_map(variants)
    return text[0].upper() + text[1:]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data", name).read_text("utf-8"))
