"""Fit the weights of the matcher's confidence: `python -m benchmarks.fitting` writes `weights.toml`.

Only texts that are not held back count. A multinomial logistic regression says for each candidate how likely it is
the right one, and how likely none is. Each text is asked of the shipped library and, with less weight, of
parts of it, from some of which the right flow was taken out: accounts have libraries of all sizes. What is said of
each text with weights that were fitted without it tells from which confidence on a flow may begin by itself.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.matching import SLUGS, Text, load_texts
from benchmarks.server import temporary_settings
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.flows.importing import install_shipped
from flowpilot.flows.matching.confidence import Evidence, features
from flowpilot.flows.matching.finding import Found, find_in
from flowpilot.flows.matching.library import Library
from flowpilot.flows.matching.loading import load, stemmed_vocabulary
from flowpilot.flows.matching.match import MOST
from flowpilot.flows.matching.problem import read_words
from flowpilot.flows.queries import flows
from flowpilot.identity.members import create_account
from flowpilot.migrations.opening import migrated_database

Numbers = NDArray[np.float64]

_FOLDS = 8
# Keeps a weight small that the texts say little about.
_RESTRAINT = 0.003
# Of all texts at most so many begin in a wrong flow.
_MOST_WRONG = 0.01
# The parts of the library that a text is asked of, of how many flows, and how many of them have the right one.
_PARTS, _SIZES, _WITH_RIGHT = 2, (3, 6, 12, 20, 30), 0.55
_PART_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """A text's candidates in a library: their features, and which of them are right.

    Attributes:
        text: its number. All cases of a text are left out together.
        elsewhere: how like what no flow is about the text is; null if only words are compared.
        is_whole: the library is.
    """

    text: int
    candidates: Sequence[Mapping[str, float]]
    is_right: Sequence[bool]
    elsewhere: float | None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class _Table:
    """Cases as arrays. Each has a place for every candidate, and the last place for "no flow is right"."""

    values: Numbers
    is_there: NDArray[np.bool_]
    is_right: Numbers
    weights: Numbers

    def only(self, rows: NDArray[np.bool_]) -> "_Table":
        """The rows that are chosen."""
        return _Table(self.values[rows], self.is_there[rows], self.is_right[rows], self.weights[rows])


def fit(cases: Sequence[Case]) -> tuple[dict[str, float], float]:
    """The weights, and the confidence from which a flow may begin by itself."""
    names = _names(cases)
    table = _table(cases, names)
    folds = np.array([case.text % _FOLDS for case in cases])
    is_whole = np.array([case.is_whole for case in cases])
    said, right = [], []
    for fold in range(_FOLDS):
        unseen = table.only((folds == fold) & is_whole)
        shares = _shares(unseen, _fit(table.only(folds != fold)))[:, :-1]
        best = shares.argmax(axis=1)
        said.append(shares.max(axis=1))
        right.append(unseen.is_right[np.arange(len(best)), best])
    weights = {name: round(float(weight), 2) for name, weight in zip(names, _fit(table), strict=True)}
    return weights, _sure(np.concatenate(said), np.concatenate(right))


def _names(cases: Sequence[Case]) -> list[str]:
    of_text = ["nothing"] if cases[0].elsewhere is None else ["nothing", "elsewhere"]
    return [*of_text, *next(iter(case.candidates[0] for case in cases if case.candidates))]


def _sure(confidence: Numbers, right: Numbers) -> float:
    order = np.argsort(-confidence)
    wrong = np.cumsum(1 - right[order])
    allowed = int((wrong <= _MOST_WRONG * len(right)).sum())
    return float(np.ceil(100 * confidence[order[allowed - 1]]) / 100)


def _table(cases: Sequence[Case], names: Sequence[str]) -> _Table:
    places = 1 + max(len(case.candidates) for case in cases)
    shape = (len(cases), places)
    values, is_there, is_right = np.zeros((*shape, len(names))), np.zeros(shape, dtype=bool), np.zeros(shape)
    for row, case in enumerate(cases):
        for place, (candidate, right) in enumerate(zip(case.candidates, case.is_right, strict=True)):
            values[row, place] = [candidate.get(name, 0.0) for name in names]
            is_there[row, place], is_right[row, place] = True, right
        nothing = {"nothing": 1.0, "elsewhere": case.elsewhere or 0.0}
        values[row, -1] = [nothing.get(name, 0.0) for name in names]
        is_there[row, -1], is_right[row, -1] = True, not any(case.is_right)
    weights = np.array([1.0 if case.is_whole else _PART_WEIGHT for case in cases])
    return _Table(values, is_there, is_right, weights)


def _shares(table: _Table, weights: Numbers) -> Numbers:
    logits = np.where(table.is_there, table.values @ weights, -np.inf)
    shares: Numbers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _fit(table: _Table) -> Numbers:
    """The weights. None may say that more evidence makes a flow less likely."""
    scales = table.values[table.is_there].std(axis=0)
    scales[0] = 1
    scaled = _Table(table.values / scales, table.is_there, table.is_right, table.weights / table.weights.sum())

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        shares = _shares(scaled, weights)
        right = (shares * scaled.is_right).sum(axis=1) + 1e-12
        missed = (shares - shares * scaled.is_right / right[:, None]) * scaled.weights[:, None]
        gradient = np.einsum("cp,cpf->f", missed, scaled.values)
        gradient[1:] += 2 * _RESTRAINT * weights[1:]
        return float(_RESTRAINT * (weights[1:] ** 2).sum() - (np.log(right) * scaled.weights).sum()), gradient

    width = len(scales)
    bounds = [(None, None)] + [(0, None)] * (width - 1)
    found: Numbers = minimize(loss, np.zeros(width), jac=True, method="L-BFGS-B", bounds=bounds).x
    found /= scales
    return found


async def _cases(url: str, *, by_meaning: bool) -> list[Case]:
    database = Database(url, pool_size=1)
    account_id = new_id()
    async with database.write(account_id) as db:
        await create_account(db, account_id, "Fitting", "UTC", now())
        await install_shipped(db, account_id, None, now())
    cases = []
    async with database.read(account_id) as db:
        slugs = {flow.id: SLUGS[flow.name] for flow in await flows(db, account_id, 200, None)}
        vocabulary = await stemmed_vocabulary(db)
        random = np.random.default_rng(1)
        for number, text in enumerate(text for text in load_texts() if not text.held_back):
            whole, heard = await load(db, account_id, read_words(text.text))
            for library in (whole, *_parts(whole, text, slugs, random)):
                asked = text.text if by_meaning else None
                found = find_in(library, heard, vocabulary, asked, MOST)
                cases.append(_case(number, text, found, slugs, is_whole=library is whole))
    await database.close()
    return cases


def _parts(
    library: Library, text: Text, slugs: Mapping[UUID, str], random: np.random.Generator
) -> Iterator[Library]:
    is_right = [slugs[flow.flow_id] in text.right for flow in library.flows]
    for _ in range(_PARTS):
        chosen = set(random.choice(len(is_right), random.choice(_SIZES), replace=False).tolist())
        with_right = random.random() < _WITH_RIGHT
        places = [place for place, right in enumerate(is_right) if (with_right if right else place in chosen)]
        yield Library([library.flows[place] for place in places], library.common)


def _case(number: int, text: Text, found: Found, slugs: Mapping[UUID, str], *, is_whole: bool) -> Case:
    candidates = [features(Evidence(flow.strength, likeness=flow.likeness)) for flow in found.flows]
    right = [slugs[flow.flow_id] in text.right for flow in found.flows]
    return Case(number, candidates, right, found.elsewhere, is_whole)


def main() -> None:
    """Fit both sets of weights, and write them."""
    with temporary_settings() as settings, migrated_database(settings) as urls:
        fitted = {
            name: fit(asyncio.run(_cases(urls.runtime, by_meaning=name == "meaning")))
            for name in ("meaning", "words")
        }
    sure = max(sure for _, sure in fitted.values())
    lines = [
        "# Written by `python -m benchmarks.fitting`, from the texts that are not held back.",
        f"\n[sure]\nconfidence = {sure}",
        *(
            f"\n[{name}]\n" + "\n".join(f"{feature} = {weight}" for feature, weight in weights.items())
            for name, (weights, _) in fitted.items()
        ),
    ]
    Path(str(files("flowpilot.flows.matching") / "weights.toml")).write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
