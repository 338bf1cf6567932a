"""The job that asks the AI about a draft."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from procrastinate import JobContext

from flowpilot.clock import now
from flowpilot.copilot.procedures import draft_procedure, fits, word_draft
from flowpilot.flows.text import FlowText
from flowpilot.jobs import COPILOT_QUEUE, RETRY, Tools, app, not_there, tools
from flowpilot.knowledge.wording.answers import UnusableAnswerError, as_flow, reworded, to_word
from flowpilot.knowledge.wording.models import AiTask, Task, TaskStatus
from flowpilot.knowledge.wording.service import AI_JOB, Subject, finish, subject_of

if TYPE_CHECKING:
    from pydantic_ai.models import Model

_NO_ANSWER = (
    "The AI gave no answer: it is off, slow or out of order, or its budget for today is spent. The draft stays as "
    "it was. The server's log says which."
)
_TOO_LONG = "The draft, or its article, is too long for the AI. It stays as it was."


@app.task(name=AI_JOB, queue=COPILOT_QUEUE, pass_context=True, retry=RETRY)
async def ask_ai(context: JobContext, account_id: str, task_id: str) -> None:
    """Ask the AI about a draft, and take its answer over."""
    if not await run_task(tools(context), uuid.UUID(account_id), uuid.UUID(task_id), now()):
        not_there(context, f"AI task {task_id}")


async def run_task(
    used: Tools, account_id: uuid.UUID, task_id: uuid.UUID, moment: datetime, *, model: "Model | None" = None
) -> bool:
    """Do what was asked, with no transaction open while the AI answers. `model` replaces the configured one.

    Returns: whether there is such a task.
    """
    async with used.database.read(account_id) as db:
        task = await db.get(AiTask, (account_id, task_id))
        if task is None:
            return False
        subject = await subject_of(db, task) if task.status == TaskStatus.ASKED else None
    try:
        made = None if subject is None else await _answer(used, task, subject, moment, model)
        problem = "" if made is not None else _NO_ANSWER
    except UnusableAnswerError as error:
        made, problem = None, str(error)
    async with used.database.write(account_id) as db:
        await finish(db, task, subject, made, problem, moment)
    return True


async def _answer(
    used: Tools, task: AiTask, subject: Subject, moment: datetime, model: "Model | None"
) -> FlowText | None:
    """The flow as the AI has it, checked; None without an answer."""
    if task.task == Task.DRAFT:
        if not fits(subject.source or ""):
            raise UnusableAnswerError(_TOO_LONG)
        drafted = await draft_procedure(used, task.account_id, subject.source or "", moment, model=model)
        return None if drafted is None else as_flow(subject.flow, drafted)
    asked = to_word(subject.flow, subject.nodes, also_name=subject.is_new)
    if not fits(asked.model_dump_json()):
        raise UnusableAnswerError(_TOO_LONG)
    worded = await word_draft(used, task.account_id, asked, moment, model=model)
    return None if worded is None else reworded(subject.flow, asked, worded, also_name=subject.is_new)
