"""The flows for which something speaks in a problem's text."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.confidence import Likeness
from flowpilot.flows.matching.elsewhere import elsewhere
from flowpilot.flows.matching.evidence import Heard, find_evidence
from flowpilot.flows.matching.glossary import fold
from flowpilot.flows.matching.library import Library
from flowpilot.flows.matching.loading import Stemmed, load, stemmed_vocabulary
from flowpilot.flows.matching.meaning import Vectors, embed_problem
from flowpilot.flows.matching.plain import in_plain_words
from flowpilot.flows.matching.problem import read_words

# The model takes a mean over the words, so the rest of a long text says little.
_MAX_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class FoundFlow:
    """A flow, and what speaks for it (`confidence.Evidence` says what the figures mean).

    Attributes:
        words: the words of the text that speak for it, the weightiest first.
        meant: its name or keyword that means what is most like the text; null without meanings.
    """

    flow_id: uuid.UUID
    strength: float
    likeness: Likeness | None
    words: Sequence[str]
    meant: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """The flows, and how like what no flow is about the text is; null without meanings."""

    flows: Sequence[FoundFlow]
    elsewhere: float | None = None


async def find_flows(db: ReadDb, account_id: uuid.UUID, text: str, most: int, *, by_meaning: bool = True) -> Found:
    """The flows for which most speaks, at most so many for their words, and so many for their meaning.

    Args:
        by_meaning: whether meanings count, if there are any.
    """
    words = read_words(text)
    if not words:
        return Found(())
    library, heard = await load(db, account_id, words)
    vocabulary = await stemmed_vocabulary(db)
    if not heard or not library.flows:
        return Found(())
    meant = text if by_meaning and library.has_meaning else None
    return await asyncio.to_thread(find_in, library, heard, vocabulary, meant, most)


def find_in(library: Library, heard: Sequence[Heard], vocabulary: Stemmed, text: str | None, most: int) -> Found:
    """The same in a library, for words that were heard; the text is null where meanings do not count."""
    evidence = find_evidence(library, heard, vocabulary.synonyms)
    best = [place for place in _first(evidence.strength, most) if evidence.strength[place] > 0]
    if text is None:
        return Found(
            [
                FoundFlow(
                    library.flows[place].flow_id,
                    float(evidence.strength[place]),
                    None,
                    evidence.words(place),
                    None,
                )
                for place in best
            ]
        )
    meaning = _meaning(library, heard, text[:_MAX_CHARACTERS])
    alike = library.likenesses(meaning)
    best = list(dict.fromkeys([*best, *_first(alike.named + alike.described, most)]))
    flows = [
        FoundFlow(
            library.flows[place].flow_id,
            float(evidence.strength[place]),
            Likeness(float(alike.named[place]), float(alike.described[place]), float(alike.steps[place])),
            evidence.words(place),
            alike.meant[place],
        )
        for place in best
    ]
    return Found(flows, elsewhere(meaning))


def _meaning(library: Library, heard: Sequence[Heard], text: str) -> Vectors:
    unknown = [fold(word.said) for word in heard if word.is_mistakable and not library.knows(word.stems)]
    mended = {word: meant for word in unknown if (meant := library.spelling.mend(word)) is not None}
    return embed_problem(text, in_plain_words(text, mended))


def _first(values: NDArray[np.float64], most: int) -> list[int]:
    return [int(place) for place in np.argsort(-values, kind="stable")[:most]]
