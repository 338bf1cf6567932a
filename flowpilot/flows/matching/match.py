"""The flows that may solve a problem, by its words: PostgreSQL finds the evidence, `confidence` weighs it."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.confidence import Evidence, Tier, confidences, tier
from flowpilot.flows.matching.evidence import EVIDENCE
from flowpilot.flows.matching.vocabulary import COMMON, SYNONYMS
from flowpilot.flows.trust.doubts import in_brief, read_doubts

__all__ = ["FLOOR", "Candidate", "match", "tier"]

# A flow that is right less than once in twenty cases is not worth suggesting.
FLOOR = 0.05

HISTORY = timedelta(days=90)
_MAX_CASES = 100

# The rest of a longer text is more often a log than a description.
_MAX_CHARACTERS = 4000
_MAX_WORDS = 100
_MAX_REASONS = 4
# How many flows are compared with each other.
_MOST = 20

# "Hi team" has nothing to do with Teams.
_GREETING = re.compile(r"\b(?:hi|hello|hey|dear)\s+(?:\w+\s+)?team\b", re.IGNORECASE)
_WORD = re.compile(r"\w(?:[\w.'\u2019-]*\w)?")
_NEGATION = re.compile(r"n['\u2019]t\Z")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A flow that may solve the problem, the confidence (0..1), and the reason in a sentence for the engineer.

    A flow that has lost trust (`doubted_since`) counts less, and its reason says why.
    """

    flow_id: uuid.UUID
    version_id: uuid.UUID
    name: str
    category: str | None
    confidence: float
    tier: Tier
    reason: str
    doubted_since: datetime | None = None


async def match(
    db: ReadDb, account_id: uuid.UUID, text: str, *, domain: str | None, now: datetime, limit: int = 3
) -> list[Candidate]:
    """The published flows that fit a problem's text, the likeliest first, without those below `FLOOR`.

    Args:
        domain: the category that the problem belongs to, if known.
    """
    words = _words(text)
    if not words:
        return []
    values = {
        "account_id": account_id,
        "words": words,
        "common": COMMON,
        "synonyms": list(SYNONYMS),
        "since": now - HISTORY,
        "now": now,
        "cases": _MAX_CASES,
        "most": max(limit, _MOST),
    }
    rows = (await db.execute(EVIDENCE, values)).all()
    sure = confidences([_evidence(row, domain) for row in rows])
    found = [_candidate(row, round(confidence, 4), domain) for row, confidence in zip(rows, sure, strict=True)]
    found.sort(key=lambda candidate: (-candidate.confidence, candidate.name, candidate.flow_id))
    return [candidate for candidate in found if candidate.confidence >= FLOOR][:limit]


def _words(text: str) -> list[str]:
    """The text's words in lower case, each once, without the greeting and negations."""
    body = _GREETING.sub(" ", text[:_MAX_CHARACTERS], count=1).lower()
    words = dict.fromkeys(word for word in _WORD.findall(body) if not _NEGATION.search(word))
    return list(words)[:_MAX_WORDS]


def _evidence(row: Row[*tuple[Any, ...]], domain: str | None) -> Evidence:
    return Evidence(
        strength=float(row.strength),
        is_domain=_is_domain(row.category, domain),
        cases=row.cases,
        resolved=row.resolved,
        is_doubted=row.doubted_since is not None,
    )


def _candidate(row: Row[*tuple[Any, ...]], confidence: float, domain: str | None) -> Candidate:
    return Candidate(
        flow_id=row.id,
        version_id=row.published_version_id,
        name=row.name,
        category=row.category,
        confidence=confidence,
        tier=tier(confidence),
        reason=_reason(row, domain),
        doubted_since=row.doubted_since,
    )


def _reason(row: Row[*tuple[Any, ...]], domain: str | None) -> str:
    words = ", ".join(f'"{word}"' for word in list(dict.fromkeys(row.words))[:_MAX_REASONS])
    parts = [f"Matches {words}"]
    if _is_domain(row.category, domain):
        parts.append(f"is about {row.category}")
    if row.cases == _MAX_CASES:
        parts.append(f"resolved {row.resolved} of its last {row.cases} sessions")
    elif row.cases:
        sessions = "session" if row.cases == 1 else "sessions"
        parts.append(f"resolved {row.resolved} of {row.cases} {sessions} in {HISTORY.days} days")
    else:
        parts.append(f"no session in {HISTORY.days} days")
    if row.doubted_since is not None:
        parts.append(f"counts less until its owner confirms it, because {in_brief(read_doubts(row.doubts))}")
    return "; ".join(parts)


def _is_domain(category: str | None, domain: str | None) -> bool:
    return category is not None and domain is not None and category.lower() == domain.strip().lower()
