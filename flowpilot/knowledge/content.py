"""What a proposal holds: a draft of a flow, and the steps that each new node comes from."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Tree
from flowpilot.knowledge.drafting.draft import Draft
from flowpilot.text import tidy

MAX_TITLE = 120
_MOST_KEYWORDS = 5


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


def new_flow(draft: Draft, title: str, domain: str | None, problems: Sequence[str]) -> ProposalContent:
    """A draft of a new flow, found later by the words in which its problems were described."""
    keywords = dict.fromkeys(tidy(problem, MAX_TITLE) for problem in problems if problem)
    text = FlowText(
        name=tidy(title, MAX_TITLE),
        category=domain,
        keywords=tuple(list(keywords)[:_MOST_KEYWORDS]),
        tree=draft.tree,
    )
    return _content(text, draft)


def changed_flow(draft: Draft, base: FlowText) -> ProposalContent:
    """A draft of a change: the flow as it is, with another tree."""
    return _content(base.model_copy(update={"tree": Tree.model_validate(draft.tree)}), draft)


def _content(flow: FlowText, draft: Draft) -> ProposalContent:
    return ProposalContent(flow=flow, sources=draft.sources, left_out=list(draft.left_out))
