"""Importing flows: from a person's YAML, or from the library that ships with FlowPilot."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from flowpilot.db.session import Db
from flowpilot.flows import queries, service
from flowpilot.flows.author import Author, Operator
from flowpilot.flows.drafts.service import create_flow, save_draft
from flowpilot.flows.files.keeping import with_known_files
from flowpilot.flows.files.names import as_known
from flowpilot.flows.locking import lock_library
from flowpilot.flows.models import Flow
from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.subflows.checks import leading_problems
from flowpilot.flows.subflows.names import innermost_first, with_ids
from flowpilot.flows.text import FlowText, parse
from flowpilot.flows.tree import Tree


class ImportAction(StrEnum):
    """What an import did to the library."""

    CREATED = "created"
    SAVED_DRAFT = "saved_draft"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, to which flow, and which version contains the text now."""

    flow_id: uuid.UUID
    name: str
    action: ImportAction
    version: int
    state: queries.FlowState


async def import_flow(db: Db, author: Author, yaml_text: str, now: datetime, *, publish: bool) -> Imported:
    """Import a flow as a draft, or publish it at once. A flow with the same name gets it as its draft.

    Raises:
        FlowTextError: the text is not a flow.
        FlowProblemsError: it should be published, but is not complete.
    """
    return await import_text(db, author, parse(yaml_text), now, publish=publish)


async def import_text(db: Db, author: Author, text: FlowText, now: datetime, *, publish: bool) -> Imported:
    """The same, of a text that was read.

    Raises:
        FlowProblemsError: it should be published, but is not complete.
    """
    await lock_library(db, author.account_id)
    flow_id = await _find(db, author.account_id, text.name)
    if flow_id is None:
        action = ImportAction.CREATED
        flow_id = (await create_flow(db, author, text, now)).id
    elif await _is_newest(db, author, flow_id, text):
        action = ImportAction.UNCHANGED
    else:
        action = ImportAction.SAVED_DRAFT
        await save_draft(db, author, flow_id, text, now)
    if publish:
        await _publish(db, author, flow_id, now)
    facts = await queries.flow_facts(db, author.account_id, flow_id)
    version = facts.draft_version or facts.published_version
    return Imported(flow_id, facts.name, action, version, queries.FlowState(facts.state))


async def install_shipped(db: Db, account_id: uuid.UUID, author: Author | None, now: datetime) -> int:
    """Publish the shipped flows whose names the account does not have yet, and return their number.

    A flow is published after those that it leads into.

    Without an author, the operator at the command line is the author.
    """
    by = author or Operator(account_id)
    await lock_library(db, account_id)
    names = select(func.lower(Flow.name)).where(Flow.account_id == account_id, Flow.deleted_at.is_(None))
    taken = set(await db.scalars(names))
    missing = [flow for flow in shipped_flows().values() if flow.name.lower() not in taken]
    for text in innermost_first(missing):
        flow = await create_flow(db, by, text, now)
        # One that leads into a flow of this name that the account does not publish stays a draft.
        if not await leading_problems(db, account_id, flow.id, await with_ids(db, account_id, text.tree)):
            await service.publish(db, by, flow.id, now)
    return len(missing)


async def _publish(db: Db, author: Author, flow_id: uuid.UUID, now: datetime) -> None:
    facts = await queries.flow_facts(db, author.account_id, flow_id)
    if facts.draft_version is not None:
        await service.publish(db, author, flow_id, now)
    elif facts.state == queries.FlowState.RETIRED:
        await service.restore(db, author, flow_id, now)


async def _find(db: Db, account_id: uuid.UUID, name: str) -> uuid.UUID | None:
    return await db.scalar(
        select(Flow.id)
        .where(Flow.account_id == account_id, func.lower(Flow.name) == func.lower(name), Flow.deleted_at.is_(None))
        .order_by(Flow.id)
    )


async def _is_newest(db: Db, author: Author, flow_id: uuid.UUID, text: FlowText) -> bool:
    newest = await queries.newest_version(db, author.account_id, flow_id)
    if newest is None:
        return False
    tree = as_known(text.tree, Tree.model_validate(newest.structure))
    tree = await with_known_files(db, author, await with_ids(db, author.account_id, tree))
    facts = await queries.flow_facts(db, author.account_id, flow_id)
    return text.model_copy(update={"tree": tree}) == queries.as_text(facts, newest)
