"""Asking the AI about a draft, and taking its answer over."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import ConflictError, FlowPilotError, OutdatedError
from flowpilot.flows.drafts.service import save_draft
from flowpilot.flows.locking import lock_library
from flowpilot.flows.origin import change_origin
from flowpilot.flows.queries import FlowNotFoundError, NoDraftError, as_text, find_draft, flow_facts
from flowpilot.flows.text import FlowText
from flowpilot.identity.actor import Actor
from flowpilot.jobs import COPILOT_QUEUE, DueJob, enqueue
from flowpilot.knowledge.content import content_of
from flowpilot.knowledge.locking import lock_proposal
from flowpilot.knowledge.models import ProposalKind, ProposalStatus
from flowpilot.knowledge.proposals.queries import draft_of, read_proposal
from flowpilot.knowledge.wording.answers import UnusableAnswerError, changes
from flowpilot.knowledge.wording.models import AiTask, Task, TaskStatus

AI_JOB = "knowledge.ask_ai"
# An answer that has not come by then does not come any more, and can be asked for again.
_PATIENCE = timedelta(hours=1)
_CHANGED = "The draft has changed since the AI was asked, so nothing was taken over. Ask again."


class NothingToWordError(ConflictError):
    """There is no draft that the AI may word."""


class AlreadyAskedError(OutdatedError):
    """The AI's answer is awaited."""

    def __init__(self) -> None:
        super().__init__("The AI has been asked already. Wait for its answer.")


@dataclass(frozen=True, slots=True)
class Asker:
    """The member in whose name a job changes a flow."""

    account_id: uuid.UUID
    user_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Subject:
    """The draft that the AI is asked about: the nodes that it may word, and whether the flow is new.

    `source`: the article that it was made from.
    """

    flow: FlowText
    nodes: frozenset[str]
    is_new: bool
    source: str | None = None


async def ask_about_proposal(db: Db, actor: Actor, proposal_id: uuid.UUID, now: datetime) -> AiTask:
    """Have the AI word a pending proposal's draft.

    Raises:
        ProposalNotFoundError: there is no such proposal.
        NothingToWordError: it is decided, being edited, or without a draft.
        AlreadyAskedError: the answer is awaited.
    """
    proposal = await lock_proposal(db, actor.account_id, proposal_id)
    if proposal.status != ProposalStatus.PENDING or content_of(proposal.content) is None:
        raise NothingToWordError("This proposal has no draft to word. Only one that waits for a reviewer has.")
    if await draft_of(db, actor.account_id, proposal_id) is not None:
        raise NothingToWordError("Somebody is editing this proposal's draft. Word it in the editor.")
    return await _ask(db, actor, now, Task.WORD, proposal_id=proposal_id)


async def ask_about_draft(db: Db, actor: Actor, flow_id: uuid.UUID, task: Task, now: datetime) -> AiTask:
    """Have the AI word the draft of a flow that was never published, or draft it from its article.

    Raises:
        FlowNotFoundError, NoDraftError: there is no such draft.
        NothingToWordError: the flow was published, or the draft was not made of an article.
        AlreadyAskedError: the answer is awaited.
    """
    facts = await flow_facts(db, actor.account_id, flow_id)
    draft = await find_draft(db, actor.account_id, flow_id)
    if facts.published_version is not None:
        raise NothingToWordError("This flow was published. The AI words only drafts that nobody follows yet.")
    if task is Task.DRAFT and draft.source is None:
        raise NothingToWordError("This draft was not made of an article, so there is nothing to draft it from.")
    return await _ask(db, actor, now, task, flow_id=flow_id, version_id=draft.id)


async def newest_task(
    db: ReadDb, account_id: uuid.UUID, *, proposal_id: uuid.UUID | None = None, flow_id: uuid.UUID | None = None
) -> AiTask | None:
    """What the AI was last asked about a draft."""
    query = select(AiTask).where(
        AiTask.account_id == account_id,
        AiTask.proposal_id == proposal_id if flow_id is None else AiTask.flow_id == flow_id,
    )
    return await db.scalar(query.order_by(AiTask.id.desc()).limit(1))


def is_awaited(task: AiTask, now: datetime) -> bool:
    """Whether the AI's answer may still come."""
    return task.status == TaskStatus.ASKED and now - task.created_at < _PATIENCE


async def subject_of(db: ReadDb, task: AiTask) -> Subject | None:
    """The draft as it is now; None if it is gone, or no longer the one that was asked about."""
    if task.proposal_id is not None:
        return await _proposal_subject(db, task.account_id, task.proposal_id)
    assert task.flow_id is not None
    try:
        facts = await flow_facts(db, task.account_id, task.flow_id)
        draft = await find_draft(db, task.account_id, task.flow_id)
    except (FlowNotFoundError, NoDraftError):
        return None
    if draft.id != task.version_id:
        return None
    flow = as_text(facts, draft)
    return Subject(flow, frozenset(flow.tree.nodes), is_new=True, source=draft.source)


async def finish(
    db: Db, asked: AiTask, subject: Subject | None, made: FlowText | None, problem: str, now: datetime
) -> None:
    """Take the AI's answer over. If there is a problem, or the draft has changed, say so and change nothing.

    Args:
        subject: the draft that the AI was asked about.
        made: the flow as the AI has it; None if it gave no answer that can be used, and then `problem` says why.
    """
    # A removal of words that are in the draft is waited for, and then the draft has changed.
    await lock_library(db, asked.account_id)
    task = await db.get_one(AiTask, (asked.account_id, asked.id), with_for_update=True)
    if task.status != TaskStatus.ASKED:
        return
    try:
        async with db.begin_nested():
            if task.proposal_id is not None:
                await lock_proposal(db, task.account_id, task.proposal_id)
            if subject is None or await subject_of(db, task) != subject:
                raise UnusableAnswerError(_CHANGED)
            if made is None:
                raise UnusableAnswerError(problem)
            await _take_over(db, task, made, now)
        task.changes = [change.model_dump() for change in changes(subject.flow, made)]
        task.status = TaskStatus.DONE
    except FlowPilotError as error:
        task.status, task.problem = TaskStatus.FAILED, str(error)
    task.ended_at = now
    await db.flush()


async def _take_over(db: Db, task: AiTask, made: FlowText, now: datetime) -> None:
    origin = "ai_generated" if task.task == Task.DRAFT else "ai_enhanced"
    if task.proposal_id is not None:
        proposal = await read_proposal(db, task.account_id, task.proposal_id)
        content = content_of(proposal.content)
        assert content is not None
        proposal.content = content.model_copy(update={"flow": made}).model_dump(mode="json")
        proposal.origin = origin
        await db.flush()
        return
    assert task.flow_id is not None
    by = Asker(task.account_id, task.asked_by)
    await save_draft(db, by, task.flow_id, made, now, based_on=task.version_id)
    await change_origin(db, by, task.flow_id, origin)


async def _proposal_subject(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> Subject | None:
    proposal = await read_proposal(db, account_id, proposal_id)
    content = content_of(proposal.content)
    is_edited = await draft_of(db, account_id, proposal_id) is not None
    if proposal.status != ProposalStatus.PENDING or content is None or is_edited:
        return None
    is_new = proposal.kind == ProposalKind.NEW_FLOW
    # The other nodes of a change are published, and stay as they are.
    nodes = content.flow.tree.nodes if is_new else content.sources
    return Subject(content.flow, frozenset(nodes), is_new)


async def _ask(db: Db, actor: Actor, now: datetime, task: Task, **about: uuid.UUID) -> AiTask:
    newest = await newest_task(
        db, actor.account_id, proposal_id=about.get("proposal_id"), flow_id=about.get("flow_id")
    )
    if newest is not None and is_awaited(newest, now):
        raise AlreadyAskedError
    asked = AiTask(
        account_id=actor.account_id,
        id=new_id(),
        task=task,
        status=TaskStatus.ASKED,
        problem="",
        changes=[],
        asked_by=actor.user_id,
        created_at=now,
        **about,
    )
    db.add(asked)
    await db.flush()
    enqueue(db, AI_JOB, queue=COPILOT_QUEUE, account_id=actor.account_id, task_id=asked.id)
    return asked


_ASKED = "SELECT id FROM ai_tasks WHERE account_id = %s AND status = 'asked' ORDER BY id"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """Everything that the AI was asked and has not answered."""
    return [
        DueJob(AI_JOB, now, {"account_id": account_id, "task_id": task_id}, queue=COPILOT_QUEUE)
        for (task_id,) in connection.execute(_ASKED, [account_id])
    ]
