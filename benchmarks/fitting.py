"""Fit the weights of the matcher's confidence: `python -m benchmarks.fitting` writes `weights.toml`.

Only texts that are not held back count. A logistic regression says for each candidate how likely it is the right
one. It is too sure of the first, which was chosen because it is the best, so a second regression mends that: of
the first flows' confidences, each found with weights that were fitted without its text.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

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
from flowpilot.flows.matching.finding import FoundFlow, find_flows
from flowpilot.flows.matching.match import MOST
from flowpilot.flows.queries import flows
from flowpilot.identity.members import create_account
from flowpilot.migrations.opening import migrated_database

Numbers = NDArray[np.float64]

_FOLDS = 8
# Keeps a weight small that the texts say little about.
_RESTRAINT = 0.004
# Of all texts at most so many begin in a wrong flow.
_MOST_WRONG = 0.02


@dataclass(frozen=True, slots=True)
class Case:
    """A text's candidates: their features, and which of them are right."""

    names: Sequence[str]
    values: Numbers
    is_right: Numbers


def fit(cases: Sequence[Case]) -> tuple[dict[str, float], float]:
    """The weights, and the confidence from which a flow may begin by itself."""
    firsts = []
    for fold in range(_FOLDS):
        weights = _fit(_joined([case for number, case in enumerate(cases) if number % _FOLDS != fold]))
        for case in cases[fold::_FOLDS]:
            logits = weights[0] + case.values @ weights[1:]
            firsts.append((logits.max(), case.is_right[logits.argmax()]))
    logits, right = np.array(firsts).T
    shift, scale = _fit((logits[:, None], right, len(right)), restraint=0)
    weights = _fit(_joined(cases)) * scale
    weights[0] += shift
    named = dict(zip(("intercept", *cases[0].names), (round(float(weight), 3) for weight in weights), strict=True))
    return named, _sure(1 / (1 + np.exp(-(shift + scale * logits))), right, len(cases))


def _sure(confidence: Numbers, right: Numbers, texts: int) -> float:
    order = np.argsort(-confidence)
    wrong = np.cumsum(1 - right[order])
    allowed = int((wrong <= _MOST_WRONG * texts).sum())
    return float(np.ceil(100 * confidence[order[allowed - 1]]) / 100)


def _joined(cases: Sequence[Case]) -> tuple[Numbers, Numbers, int]:
    return (
        np.concatenate([case.values for case in cases]),
        np.concatenate([case.is_right for case in cases]),
        len(cases),
    )


def _fit(texts: tuple[Numbers, Numbers, int], restraint: float = _RESTRAINT) -> Numbers:
    """The intercept and the weights, none of which may say that more evidence makes it less likely."""
    values, right, count = texts
    scales = values.std(axis=0)
    scaled = values / scales

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        logits = weights[0] + scaled @ weights[1:]
        missed = 1 / (1 + np.exp(-logits)) - right
        value = (np.logaddexp(0, logits) - right * logits).sum() / count + restraint * (weights[1:] ** 2).sum()
        return value, np.append(missed.sum() / count, scaled.T @ missed / count + 2 * restraint * weights[1:])

    width = values.shape[1]
    bounds = [(None, None)] + [(0, None)] * width
    found: Numbers = minimize(loss, np.zeros(1 + width), jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.append(found[0], found[1:] / scales)


async def _cases(url: str, *, by_meaning: bool) -> list[Case]:
    database = Database(url, pool_size=1)
    account_id = new_id()
    async with database.write(account_id) as db:
        await create_account(db, account_id, "Fitting", "UTC", now())
        await install_shipped(db, account_id, None, now())
    async with database.read(account_id) as db:
        slugs = {flow.id: SLUGS[flow.name] for flow in await flows(db, account_id, 200, None)}
        cases = []
        for text in load_texts():
            if not text.held_back:
                found = await find_flows(db, account_id, text.text, MOST, by_meaning=by_meaning)
                if found:
                    cases.append(_case(text, found, [slugs[flow.flow_id] for flow in found]))
    await database.close()
    return cases


def _case(text: Text, found: Sequence[FoundFlow], slugs: Sequence[str]) -> Case:
    evidence = [Evidence(f.strength, coverage=f.coverage, likeness=f.likeness) for f in found]
    values = features(evidence)
    right = np.array([slug in text.right for slug in slugs], dtype=float)
    return Case(tuple(values[0]), np.array([list(each.values()) for each in values]), right)


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
