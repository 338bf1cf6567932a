"""Match problem texts to the shipped flows: how often the right one is found, and what a match costs.

`python -m benchmarks.matching` measures it alone, in a database that is gone afterwards.
"""

import asyncio
import statistics
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.labelled import is_held_back, share, shares_markdown, shares_table
from benchmarks.server import temporary_settings
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.flows.importing import install_shipped
from flowpilot.flows.matching.confidence import Tier, tier
from flowpilot.flows.matching.match import match
from flowpilot.flows.shipped import shipped_flows
from flowpilot.identity.members import create_account
from flowpilot.migrations.opening import migrated_database

_SLUGS = {flow.name: slug for slug, flow in shipped_flows().items()}

TEXTS = Path(__file__).with_name("matching_texts.toml")
TITLE = "Matching problem texts to the shipped flows"
HEADERS = ("", "texts the weights were fitted to", "texts held back", "all")

HOW = """\
`matching_texts.toml` holds problem texts, each with the shipped flow that is right for it, written without a
look at the matcher. A hash splits them: the weights in `flowpilot/flows/matching/confidence.py` were fitted to
one part (and to texts that are not kept), and synonyms and some keywords were chosen with that part in view, so
only the other part shows how well unseen texts are matched. In brackets: the 95 % Wilson interval. A flow below
the matcher's floor is not returned, and counts as not found."""


@dataclass(frozen=True, slots=True)
class Text:
    """A problem text, and the slug of the flow that is right for it; empty if there is no such flow."""

    text: str
    flow: str

    @property
    def is_held_back(self) -> bool:
        """Whether no weight may be fitted to it. Adding texts does not move any from one half to the other."""
        return is_held_back(self.text)


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
    """All outcomes, with the medians of a match and of `SELECT 1` on the same connection, in milliseconds."""

    outcomes: Sequence[Outcome]
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
        """The lines of the table: a name, and a cell for each half and one for all."""
        for name, is_counted, is_good in _MEASURES:
            counted = [outcome for outcome in self.outcomes if is_counted(outcome)]
            halves = (
                [outcome for outcome in counted if not outcome.asked.is_held_back],
                [outcome for outcome in counted if outcome.asked.is_held_back],
                counted,
            )
            yield name, *(share(sum(map(is_good, half)), len(half)) for half in halves)


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
    outcomes, match_ms, select_ms = [], [], []
    async with database.read(account_id) as db:
        for asked in load_texts():
            started = time.perf_counter()
            found = await match(db, account_id, asked.text, domain=None, now=now())
            matched = time.perf_counter()
            await db.execute(text("SELECT 1"))
            match_ms.append(1000 * (matched - started))
            select_ms.append(1000 * (time.perf_counter() - matched))
            outcomes.append(Outcome(asked, [(_SLUGS[each.name], each.confidence) for each in found]))
    await database.close()
    return Matching(outcomes, statistics.median(match_ms), statistics.median(select_ms))


def _is_among(first: int) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.asked.flow in [slug for slug, _ in outcome.found[:first]]


def _is_of_tier(name: Tier) -> Callable[[Outcome], bool]:
    return lambda outcome: tier(outcome.confidence) == name


def _has_flow(outcome: Outcome) -> bool:
    return bool(outcome.asked.flow)


def _has_none(outcome: Outcome) -> bool:
    return not outcome.asked.flow


# The name of a line, the texts that it counts, and those of them that it counts as good.
_MEASURES: tuple[tuple[str, Callable[[Outcome], bool], Callable[[Outcome], bool]], ...] = (
    ("the right flow is the first", _has_flow, _is_among(1)),
    ("the right flow is among three", _has_flow, _is_among(3)),
    ("the best one is guided", _has_flow, _is_of_tier("guided")),
    ("the best one is exploring", _has_flow, _is_of_tier("exploring")),
    ("the best one is discovery, or none", _has_flow, _is_of_tier("discovery")),
    ("no flow is right, and none is followed", _has_none, _is_of_tier("discovery")),
)


if __name__ == "__main__":
    with temporary_settings() as settings, migrated_database(settings) as urls:
        result = measure_matching(urls.runtime)
    console = Console()
    console.print(matching_table(result))
    console.print(result.cost)
