"""The flows for which something speaks in a problem's text."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.evidence import Heard, find_evidence
from flowpilot.flows.matching.library import Library
from flowpilot.flows.matching.loading import Stemmed, load, stemmed_vocabulary
from flowpilot.flows.matching.meaning import embed
from flowpilot.flows.matching.problem import read_words


@dataclass(frozen=True, slots=True)
class FoundFlow:
    """A flow, and what speaks for it (`confidence.Evidence` says what the figures mean).

    Attributes:
        words: the words of the text that speak for it, the weightiest first.
        meant: its name, description or keyword that means what is most like the text; null without meanings.
    """

    flow_id: uuid.UUID
    strength: float
    coverage: float
    likeness: float | None
    words: Sequence[str]
    meant: str | None


async def find_flows(
    db: ReadDb, account_id: uuid.UUID, text: str, most: int, *, by_meaning: bool = True
) -> list[FoundFlow]:
    """The flows for which most speaks, at most so many for their words, and so many for their meaning.

    Args:
        by_meaning: whether meanings count, if there are any.
    """
    words = read_words(text)
    if not words:
        return []
    library, heard = await load(db, account_id, words)
    vocabulary = await stemmed_vocabulary(db)
    if not heard or not library.flows:
        return []
    meant = text if by_meaning and library.has_meaning else None
    return await asyncio.to_thread(_find, library, heard, vocabulary, meant, most)


def _find(
    library: Library, heard: Sequence[Heard], vocabulary: Stemmed, text: str | None, most: int
) -> list[FoundFlow]:
    evidence = find_evidence(library, heard, vocabulary.synonyms)
    best = [place for place in _first(evidence.strength, most) if evidence.strength[place] > 0]
    alike, meant = (None, None) if text is None else library.likenesses(embed([text])[0])
    if alike is not None:
        best = list(dict.fromkeys([*best, *_first(alike, most)]))
    return [
        FoundFlow(
            library.flows[place].flow_id,
            float(evidence.strength[place]),
            float(evidence.coverage[place]),
            None if alike is None else float(alike[place]),
            evidence.words(place),
            None if meant is None else meant[place],
        )
        for place in best
    ]


def _first(values: NDArray[np.float64], most: int) -> list[int]:
    return [int(place) for place in np.argsort(-values, kind="stable")[:most]]
