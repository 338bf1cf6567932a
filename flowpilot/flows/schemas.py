"""What the flow routes take and return."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.flows.checking.checker import TreeProblem
from flowpilot.flows.importing import ImportAction
from flowpilot.flows.queries import FlowState
from flowpilot.flows.text import MAX_CHARACTERS, FlowText
from flowpilot.flows.tree import Node, Tree
from flowpilot.flows.trust.doubts import Doubt
from flowpilot.http.fields import Body, Text


class DraftIn(FlowText):
    """The whole flow, to be saved as its draft."""

    based_on: uuid.UUID | None = Field(
        default=None, description="The id of the version that was edited. 409 if it is no longer the newest."
    )


class ImportIn(Body):
    """A flow as YAML."""

    yaml: str = Field(max_length=MAX_CHARACTERS, description="The text of the file.")
    publish: bool = Field(default=False, description="Publish it at once; otherwise it becomes the flow's draft.")


class MatchIn(Body):
    """A problem in the user's words."""

    text: str
    domain: Text | None = Field(default=None, description="The category it belongs to, if known.")
    limit: int = Field(default=3, ge=1, le=20)


class FlowChange(Body):
    """Changes to what is not in a flow's versions; fields that are not sent stay as they are."""

    owner_id: uuid.UUID | None = Field(
        default=None, description="The member who answers for the flow, and can sign in and work; null for nobody."
    )


class ConfirmIn(Body):
    """A confirmation that a flow is still right."""

    until: date | None = Field(
        default=None, description="The last day that it counts for. By default as many days as the account's rule."
    )


class FlowOut(BaseModel):
    """A flow, with the numbers of the version that sessions follow and of the draft.

    `type` is what is published; a draft keeps its own until it is published, too.
    A flow with `doubted_since` has lost trust: it counts less in matching, and its owner is asked to confirm it.
    """

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    category: str | None
    type: str
    description: str
    keywords: list[str]
    origin: str
    state: FlowState
    published_version: int | None
    published_at: datetime | None
    draft_version: int | None
    owner_id: uuid.UUID | None = Field(description="The member who answers for it; null for nobody.")
    owner_name: str | None = Field(default=None, description="Null also if that member has left.")
    verified_at: datetime | None = Field(description="When it was last published or confirmed.")
    verified_by: uuid.UUID | None
    verified_until: date | None = Field(description="The last day of that; null for always.")
    doubted_since: datetime | None = Field(description="Since when it has lost trust; null while it is trusted.")
    doubts: list[Doubt] = Field(description="Why it has lost trust.")
    created_at: datetime


class VersionOut(BaseModel):
    """One version of a flow: a draft as long as it has no `published_at`."""

    model_config = ConfigDict(from_attributes=True, validate_by_name=True, validate_by_alias=True)

    id: uuid.UUID
    number: int
    type: str = Field(validation_alias="tree_type", description="How sessions that follow it work.")
    created_by: uuid.UUID | None
    created_at: datetime
    published_at: datetime | None


class VersionRow(VersionOut):
    """A version in a list. Operators and former members have no name."""

    created_by_name: str | None = None


class VersionDetailOut(VersionOut):
    """A version with its tree."""

    tree: Tree = Field(validation_alias="structure")
    source: str | None = Field(
        default=None, description="The article that the draft was made from, as text, until it is published."
    )
    proposal_id: uuid.UUID | None = Field(default=None, description="The proposal that it comes from.")


class FlowRef(BaseModel):
    """Another flow."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str


class ProblemOut(BaseModel):
    """One reason why a draft cannot be published. Without a node it concerns the whole tree.

    The message names nodes by their texts, as people do.
    """

    model_config = ConfigDict(from_attributes=True)

    node: str | None = Field(description="The id of the node.")
    message: str
    missing: str | None = Field(default=None, description="The id that is led to, but that no node has.")


class ProblemsOut(BaseModel):
    """Everything that prevents publishing a draft; empty if it can be published."""

    problems: list[ProblemOut]

    @classmethod
    def of(cls, found: Sequence[TreeProblem]) -> Self:
        """What the checker found."""
        return cls(problems=[ProblemOut.model_validate(problem) for problem in found])


class SavedDraftOut(VersionDetailOut, ProblemsOut):
    """A draft that was saved, and what prevents it from being published."""


class FlowDetailOut(FlowOut):
    """A flow with the version that sessions follow, and the draft."""

    subflows: dict[str, str] = Field(description="The names of the flows that the two lead into, by their ids.")
    used_by: list[FlowRef] = Field(description="The published flows that lead into this one.")
    published: VersionDetailOut | None
    draft: VersionDetailOut | None

    @property
    def newest(self) -> VersionDetailOut:
        """The draft, or what is published if there is no draft."""
        return _one_of(self.draft, self.published)

    @property
    def current(self) -> VersionDetailOut:
        """What is published, or the draft if nothing is."""
        return _one_of(self.published, self.draft)


def _one_of(first: VersionDetailOut | None, second: VersionDetailOut | None) -> VersionDetailOut:
    found = first or second
    assert found is not None  # A flow is created with its first draft, and its only draft cannot be discarded.
    return found


class ImportOut(BaseModel):
    """What an import did."""

    model_config = ConfigDict(from_attributes=True)

    flow_id: uuid.UUID
    name: str
    action: ImportAction
    version: int = Field(description="The version that contains the text.")
    state: FlowState


class LibraryOut(BaseModel):
    """How many of the shipped flows were installed."""

    installed: int


class CategoryOut(BaseModel):
    """A category of the library."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str


class ChangedNodeOut(BaseModel):
    """A node that both versions have, with different content."""

    model_config = ConfigDict(from_attributes=True)

    node: str
    before: Node
    after: Node


class DifferencesOut(BaseModel):
    """What turns the earlier version into the later one."""

    model_config = ConfigDict(from_attributes=True)

    root_before: str
    root_after: str
    added: dict[str, Node]
    removed: dict[str, Node]
    changed: list[ChangedNodeOut]


class VersionDifferencesOut(DifferencesOut):
    """The same, with the types of both."""

    type_before: str
    type_after: str


class CandidateOut(BaseModel):
    """A flow that may solve the problem, and why. `confidence` goes from 0 to 1."""

    model_config = ConfigDict(from_attributes=True)

    flow_id: uuid.UUID
    version_id: uuid.UUID
    name: str
    category: str | None
    confidence: float
    tier: Literal["guided", "exploring", "discovery"]
    reason: str
    doubted_since: datetime | None = Field(description="Since when the flow has lost trust, and so counts less.")


class CandidatesOut(BaseModel):
    """The flows that fit, the best first; empty if none fits."""

    candidates: list[CandidateOut]
