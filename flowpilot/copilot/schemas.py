"""What the copilot gets, and what it answers.

The model also reads the descriptions of the `Proposed…` classes that it fills.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from flowpilot.text import tidied

MAX_STEPS = 3
MAX_SUMMARY = 600
MAX_LINE = 300

Source = Literal["ai", "rules"]
Line = Annotated[str, Field(min_length=1, max_length=MAX_LINE), BeforeValidator(tidied(MAX_LINE))]
Paragraph = Annotated[str, Field(min_length=1, max_length=MAX_SUMMARY), BeforeValidator(tidied(MAX_SUMMARY))]


class CaseStep(BaseModel):
    """One step that was taken. `kind` is the kind of the session's or snapshot's step.

    `text` is the question, the instruction or the note; `result` is the chosen answer or the reported outcome.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    text: str
    result: str = ""
    note: str = ""


class Case(BaseModel):
    """What is known about a session, perhaps one that was handed over. Steps are in the order they were taken.

    `flow_name` is the flow that was followed, `steps_left` are its remaining steps, and `missing` says what the
    snapshot lacks. `dismissed` are suggestions that are not to be made again. A case that has `ended`
    needs no next step.
    """

    model_config = ConfigDict(frozen=True)

    problem: str
    domain: str | None = None
    client: str | None = None
    ticket: str | None = None
    flow_name: str | None = None
    steps: list[CaseStep] = []
    steps_left: list[str] = []
    engineer_note: str = ""
    missing: list[str] = []
    dismissed: list[str] = []
    ended: bool = False


class ProposedStep(BaseModel):
    """One thing to do or to ask next."""

    action: Line = Field(description="What to do, or what to ask, as one instruction to the engineer.")
    why: Line = Field(description="Why this, and why now.")
    expected: Line = Field(description="What each possible outcome would mean.")


class ProposedSteps(BaseModel):
    """The next steps, the most useful first."""

    steps: list[ProposedStep] = Field(min_length=1, max_length=MAX_STEPS)


class NextStep(ProposedStep):
    """One thing to do or to ask next, and who proposes it."""

    source: Source


class Suggestion(BaseModel):
    """Up to three next steps, the most useful first; none if the session has ended.

    An AI's have its `model`, and the version of what it was told to do.
    """

    steps: list[NextStep] = Field(max_length=MAX_STEPS)
    model: str | None = None
    prompt_version: str | None = None


class ProposedAssessment(BaseModel):
    """What a senior needs to know of a case at a glance."""

    summary: Paragraph = Field(
        description="The problem, what was found, and what was tried and with which outcome."
    )
    likely_cause: Line | None = Field(description="The most likely cause; null if the record does not show one.")
    next_steps: list[Line] = Field(max_length=MAX_STEPS, description="What to do next, the most useful first.")


class Assessment(ProposedAssessment):
    """The same, with what the snapshot lacks and who made the assessment.

    An AI's has its `model`, and the version of what it was told to do.
    """

    missing: list[str]
    source: Source
    model: str | None = None
    prompt_version: str | None = None
