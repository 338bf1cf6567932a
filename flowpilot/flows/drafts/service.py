"""A flow's draft: beginning one with a new flow, replacing it, and discarding it."""

import uuid
from datetime import datetime

from sqlalchemy import func, select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, OutdatedError
from flowpilot.flows.author import Author
from flowpilot.flows.files.keeping import drop_files, settle_files
from flowpilot.flows.files.names import as_known
from flowpilot.flows.locking import lock_flow, lock_library
from flowpilot.flows.models import Flow, FlowCategory, FlowVersion
from flowpilot.flows.queries import find_draft, newest_version
from flowpilot.flows.records import record_flow
from flowpilot.flows.subflows.names import with_ids
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Tree, to_json
from flowpilot.text import REMOVED


class FlowNameTakenError(ConflictError):
    """Another flow has this name."""


class FlowChangedError(OutdatedError):
    """Somebody else has saved the flow since this edit began."""


class OnlyDraftError(ConflictError):
    """A flow that was never published would be empty without its draft."""


async def create_flow(
    db: Db,
    author: Author,
    text: FlowText,
    now: datetime,
    *,
    origin: str = "manual",
    proposal_id: uuid.UUID | None = None,
) -> Flow:
    """A new flow, with the text as its first draft.

    Args:
        origin: who worded it, as in `Flow.origin`.
        proposal_id: the proposal that the draft comes from.

    Raises:
        FlowNameTakenError: another flow has this name.
    """
    await lock_library(db, author.account_id)
    await _check_name(db, author.account_id, text.name, except_for=None)
    flow = Flow(
        account_id=author.account_id,
        id=new_id(),
        name=text.name,
        description=text.description,
        keywords=list(text.keywords),
        tree_type=text.type,
        origin=origin,
        category_id=await _category_id(db, author.account_id, text.category),
        is_active=False,
        created_by=author.user_id,
        created_at=now,
    )
    db.add(flow)
    await db.flush()
    tree = await with_ids(db, author.account_id, text.tree)
    tree = await settle_files(db, author, flow.id, tree, now)
    _add_version(db, author, flow.id, 1, tree, text.type, now).proposal_id = proposal_id
    await db.flush()
    await record_flow(db, author, "flow.created", flow, now)
    return flow


async def save_draft(
    db: Db,
    author: Author,
    flow_id: uuid.UUID,
    text: FlowText,
    now: datetime,
    *,
    based_on: uuid.UUID | None = None,
    proposal_id: uuid.UUID | None = None,
) -> FlowVersion:
    """Replace the flow's draft, or begin one. Name, category, description and keywords change at once.

    The type is the draft's until that is published: sessions that run must not lose what only their type has.

    Args:
        based_on: the id of the version that was edited. A draft gets a new id each time it is saved.
        proposal_id: the proposal that a new draft comes from. One that is saved again keeps its own.

    Raises:
        FlowNotFoundError: there is no such flow.
        FlowNameTakenError: another flow has this name.
        FlowChangedError: `based_on` is no longer the newest version.
    """
    await lock_library(db, author.account_id)
    flow = await lock_flow(db, author.account_id, flow_id)
    newest = await newest_version(db, author.account_id, flow_id)
    _check_unchanged(newest, based_on)
    await _check_name(db, author.account_id, text.name, except_for=flow_id)
    flow.name, flow.description, flow.keywords = text.name, text.description, list(text.keywords)
    flow.category_id = await _category_id(db, author.account_id, text.category)
    if flow.published_version_id is None:
        flow.tree_type = text.type
    before = None if newest is None else Tree.model_validate(newest.structure)
    tree = await with_ids(db, author.account_id, text.tree if before is None else as_known(text.tree, before))
    tree = await settle_files(db, author, flow_id, tree, now)
    await drop_files(db, author.account_id, before, tree, now)
    if newest is not None and newest.published_at is None:
        newest.id, newest.structure, newest.tree_type = new_id(), to_json(tree), text.type
        newest.created_by, newest.created_at = author.user_id, now
        draft = newest
    else:
        number = 1 if newest is None else newest.number + 1
        draft = _add_version(db, author, flow_id, number, tree, text.type, now)
        draft.proposal_id = proposal_id
    await db.flush()
    return draft


async def discard_draft(
    db: Db, author: Author, flow_id: uuid.UUID, now: datetime, *, based_on: uuid.UUID | None = None
) -> None:
    """Discard the draft, with its type. The published version stays, and so do the name and the like.

    Raises:
        FlowNotFoundError: there is no such flow.
        NoDraftError: it has no draft.
        FlowChangedError: `based_on` is no longer the draft.
        OnlyDraftError: the flow was never published.
    """
    await lock_library(db, author.account_id)
    flow = await lock_flow(db, author.account_id, flow_id)
    draft = await draft_to_change(db, author, flow_id, based_on)
    if flow.published_version_id is None:
        raise OnlyDraftError("This flow was never published, so the draft is all it has. Delete the flow instead.")
    await db.delete(draft)
    await drop_files(db, author.account_id, Tree.model_validate(draft.structure), None, now)
    await db.flush()


async def draft_to_change(db: Db, author: Author, flow_id: uuid.UUID, based_on: uuid.UUID | None) -> FlowVersion:
    """The draft of a flow that is locked, as the author read it.

    Raises:
        NoDraftError: it has no draft.
        FlowChangedError: `based_on` is no longer the draft.
    """
    draft = await find_draft(db, author.account_id, flow_id)
    _check_unchanged(draft, based_on)
    return draft


def _check_unchanged(newest: FlowVersion | None, based_on: uuid.UUID | None) -> None:
    if based_on is not None and (newest is None or newest.id != based_on):
        raise FlowChangedError("Somebody has saved this flow since you opened it. Load it again and compare.")


async def _check_name(db: Db, account_id: uuid.UUID, name: str, except_for: uuid.UUID | None) -> None:
    others = select(Flow.id).where(
        Flow.account_id == account_id, func.lower(Flow.name) == func.lower(name), Flow.deleted_at.is_(None)
    )
    if (await db.scalar(others.where(Flow.id != except_for) if except_for else others)) is not None:
        raise FlowNameTakenError(f'There is already a flow named "{name}". Edit that one, or choose another name.')


async def _category_id(db: Db, account_id: uuid.UUID, name: str | None) -> uuid.UUID | None:
    # Nobody chose what is left of a session's domain whose words were removed for good.
    if name is None or REMOVED in name:
        return None
    found = await db.scalar(
        select(FlowCategory.id)
        .where(FlowCategory.account_id == account_id, func.lower(FlowCategory.name) == func.lower(name))
        .order_by(FlowCategory.id)
    )
    if found is not None:
        return found
    category = FlowCategory(account_id=account_id, id=new_id(), name=name)
    db.add(category)
    await db.flush()
    return category.id


def _add_version(
    db: Db, author: Author, flow_id: uuid.UUID, number: int, tree: Tree, type_: str, now: datetime
) -> FlowVersion:
    version = FlowVersion(
        account_id=author.account_id,
        id=new_id(),
        tree_id=flow_id,
        number=number,
        structure=to_json(tree),
        tree_type=type_,
        created_by=author.user_id,
        created_at=now,
    )
    db.add(version)
    return version
