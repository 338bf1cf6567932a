"""Match problem texts to the shipped flows: how often the right one is found, and what a match costs.

`python -m benchmarks.matching` measures it alone, in a database that is gone afterwards; with `--write` it
rewrites its section of RESULTS.md.
"""

import asyncio
import statistics
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from sqlalchemy import text

from benchmarks.labelled import share, shares_markdown, shares_table, show
from benchmarks.server import temporary_settings
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.flows.importing import install_shipped
from flowpilot.flows.matching.confidence import SURE, tier
from flowpilot.flows.matching.match import Candidate, match
from flowpilot.flows.shipped import shipped_flows
from flowpilot.identity.members import create_account
from flowpilot.migrations.opening import migrated_database

SLUGS = {flow.name: slug for slug, flow in shipped_flows().items()}

TEXTS = Path(__file__).with_name("matching_texts.toml")
TITLE = "Matching problem texts to the shipped flows"
HEADERS = (
    "",
    "fitted to, by words",
    "fitted to, with meaning",
    "held back, by words",
    "held back, with meaning",
)
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}

HOW = """\
`matching_texts.toml` holds problem texts, each with the shipped flow that is right for it, written without a
look at the matcher. What is held back was drawn at random among the first 342 of them; the later
ones, by one person, are easier, and all are fitted to. The weights in
`flowpilot/flows/matching/weights.toml` were fitted to the rest (`python -m benchmarks.fitting`), and synonyms, the
glossary and some keywords were chosen with the rest in view, so only what is held back shows how well unseen texts
are matched. In brackets: the 95 % Wilson interval. A flow below the matcher's floor is not returned, and counts as
not found. A flow begins by itself from `sure` on; "said 60 to 80 %" counts the texts whose first flow had such a
confidence."""


@dataclass(frozen=True, slots=True)
class Text:
    """A problem text, and the slug of the flow that is right for it; empty if there is no such flow.

    Attributes:
        also: the slugs of other flows that are as right.
        held_back: nothing may be fitted to it.
    """

    text: str
    flow: str
    also: Sequence[str] = ()
    language: str = "en"
    held_back: bool = False

    @property
    def right(self) -> frozenset[str]:
        """The slugs of all flows that are right."""
        return frozenset({self.flow, *self.also} - {""})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The flows that a text was matched to, best first, as slugs with their confidence."""

    asked: Text
    found: Sequence[tuple[str, float]]

    @property
    def confidence(self) -> float:
        """The confidence of the best one."""
        return self.found[0][1] if self.found else 0.0


@dataclass(frozen=True, slots=True)
class Matching:
    """All outcomes, by words alone and with meaning, which is the same without the extra for it.

    The times are medians of a match with meaning and of `SELECT 1` on the same connection, in milliseconds.
    """

    by_words: Sequence[Outcome]
    with_meaning: Sequence[Outcome]
    match_ms: float
    select_ms: float

    @property
    def cost(self) -> str:
        """One sentence."""
        return (
            f"A match: {self.match_ms:.1f} ms (p50), {self.match_ms / self.select_ms:.0f} x SELECT 1 on the same "
            f"connection, with {len(shipped_flows())} flows."
        )

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The lines of the table: a name, and a cell for each column."""
        for name, is_counted, is_good in _MEASURES:
            cells = []
            for held_back in (False, True):
                for outcomes in (self.by_words, self.with_meaning):
                    counted = [o for o in outcomes if o.asked.held_back == held_back and is_counted(o)]
                    cells.append(share(sum(map(is_good, counted)), len(counted)))
            yield name, *cells


def load_texts() -> list[Text]:
    """The texts. Each names a flow that ships, or none."""
    texts = [Text(**entry) for entry in tomllib.loads(TEXTS.read_text("utf-8"))["texts"]]
    unknown = {asked.flow for asked in texts} - {"", *shipped_flows()}
    if unknown:
        raise ValueError(f"{TEXTS.name} names flows that do not ship: {sorted(unknown)}")
    return texts


def measure_matching(runtime_url: str) -> Matching:
    """Match every text in a new account that has the shipped flows and no history."""
    return asyncio.run(_measure(runtime_url))


def matching_table(measured: Matching) -> Table:
    """The table for the terminal."""
    return shares_table(TITLE, HEADERS, measured.rows())


def matching_markdown(measured: Matching) -> str:
    """The section of RESULTS.md."""
    return shares_markdown(TITLE, HEADERS, measured.rows(), [measured.cost, HOW])


async def _measure(runtime_url: str) -> Matching:
    database = Database(runtime_url, pool_size=1)
    account_id = new_id()
    async with database.write(account_id) as db:
        await create_account(db, account_id, "Matching", "UTC", now())
        await install_shipped(db, account_id, None, now())
    by_words, with_meaning, match_ms, select_ms = [], [], [], []
    async with database.read(account_id) as db:
        await match(db, account_id, "printer", domain=None, now=now())  # Loads the library and the model.
        for asked in load_texts():
            plain = await match(db, account_id, asked.text, domain=None, now=now(), by_meaning=False)
            started = time.perf_counter()
            found = await match(db, account_id, asked.text, domain=None, now=now())
            matched = time.perf_counter()
            await db.execute(text("SELECT 1"))
            match_ms.append(1000 * (matched - started))
            select_ms.append(1000 * (time.perf_counter() - matched))
            by_words.append(_outcome(asked, plain))
            with_meaning.append(_outcome(asked, found))
    await database.close()
    return Matching(by_words, with_meaning, statistics.median(match_ms), statistics.median(select_ms))


def _outcome(asked: Text, found: Sequence[Candidate]) -> Outcome:
    return Outcome(asked, [(SLUGS[each.name], each.confidence) for each in found])


def _is_among(first: int) -> Callable[[Outcome], bool]:
    return lambda outcome: not outcome.asked.right.isdisjoint(slug for slug, _ in outcome.found[:first])


def _is_in(language: str) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.asked.flow != "" and outcome.asked.language == language


def _is_in_another(outcome: Outcome) -> bool:
    return outcome.asked.flow != "" and outcome.asked.language not in LANGUAGES


def _is_said(low: float, high: float) -> Callable[[Outcome], bool]:
    return lambda outcome: low <= outcome.confidence < high


def _begins(outcome: Outcome) -> bool:
    return outcome.confidence >= SURE


def _begins_wrong(outcome: Outcome) -> bool:
    return _begins(outcome) and not _is_among(1)(outcome)


def _has_none(outcome: Outcome) -> bool:
    return not outcome.asked.flow


def _is_any(_: Outcome) -> bool:
    return True


# The name of a line, the texts that it counts, and those of them that it counts as good.
_MEASURES: tuple[tuple[str, Callable[[Outcome], bool], Callable[[Outcome], bool]], ...] = (
    *(
        (f"{language}: the right flow is {place}", _is_in(code), _is_among(most))
        for code, language in LANGUAGES.items()
        for place, most in (("the first", 1), ("among three", 3))
    ),
    ("other languages: the right flow is the first", _is_in_another, _is_among(1)),
    ("other languages: the right flow is among three", _is_in_another, _is_among(3)),
    ("the flow begins by itself", _is_any, _begins),
    ("the flow begins by itself, and is wrong", _is_any, _begins_wrong),
    ("of those that begin by themselves, the flow is right", _begins, _is_among(1)),
    *(
        (
            f"said {100 * low:.0f} to {min(100 * high, 100):.0f} %: the flow is right",
            _is_said(low, high),
            _is_among(1),
        )
        for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01))
    ),
    ("no flow is right, and none is followed", _has_none, lambda outcome: tier(outcome.confidence) == "discovery"),
)


if __name__ == "__main__":
    with temporary_settings() as settings, migrated_database(settings) as urls:
        result = measure_matching(urls.runtime)
    show(matching_table(result), result.cost, matching_markdown(result))
