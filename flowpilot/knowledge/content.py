"""What a proposal holds: a draft of a flow, and the steps that each new node comes from."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from flowpilot.flows.plain import folded
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Tree
from flowpilot.knowledge.drafting.draft import Draft
from flowpilot.text import tidy

MAX_TITLE = 120
_MOST_KEYWORDS = 5
# A title with this share of another's words says the same.
_SAME_SHARE = 0.75


class ProposalContent(BaseModel):
    """The draft as it is stored. `sources` by node, and `left_out`, are ids of steps."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    flow: FlowText
    sources: dict[str, list[uuid.UUID]] = {}
    left_out: list[uuid.UUID] = []


def content_of(stored: Mapping[str, Any]) -> ProposalContent | None:
    """The draft of a proposal; None for one from before drafts were kept."""
    try:
        return ProposalContent.model_validate(stored)
    except ValidationError:
        return None


def new_flow(draft: Draft, title: str, domain: str | None, titles: Sequence[str]) -> ProposalContent:
    """A draft of a new flow, found later by the titles of its problems."""
    text = FlowText(
        name=tidy(title, MAX_TITLE),
        category=domain,
        keywords=tuple(keywords_of(titles)[:_MOST_KEYWORDS]),
        tree=draft.tree,
    )
    return _content(text, draft)


def keywords_of(titles: Iterable[str]) -> list[str]:
    """The titles, each that says something beside the others before it: "… for a part-timer" does not."""
    kept: dict[str, frozenset[str]] = {}
    for title in (tidy(one, MAX_TITLE) for one in titles):
        words = frozenset(folded(title).split())
        if words and all(len(words & others) < _SAME_SHARE * len(words) for others in kept.values()):
            kept[title] = words
    return list(kept)


def changed_flow(draft: Draft, base: FlowText) -> ProposalContent:
    """A draft of a change: the flow as it is, with another tree."""
    return _content(base.model_copy(update={"tree": Tree.model_validate(draft.tree)}), draft)


def _content(flow: FlowText, draft: Draft) -> ProposalContent:
    return ProposalContent(flow=flow, sources=draft.sources, left_out=list(draft.left_out))
