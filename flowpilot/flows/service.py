"""Changing flows. A draft can be replaced; a published version never changes."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, OutdatedError
from flowpilot.flows import hooks
from flowpilot.flows.author import Author
from flowpilot.flows.locking import lock_flow, lock_library
from flowpilot.flows.matching.index import index
from flowpilot.flows.models import Flow, FlowCategory, FlowVersion
from flowpilot.flows.queries import find_draft, newest_version, published_version
from flowpilot.flows.subflows.checks import all_problems, check_unused, leading_problems
from flowpilot.flows.subflows.names import with_ids
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Tree, TreeProblem, to_json
from flowpilot.flows.trust.verification import trust_rule, verify
from flowpilot.identity.audit.log import record


class FlowNameTakenError(ConflictError):
    """Another flow has this name."""


class FlowChangedError(OutdatedError):
    """Somebody else has saved the flow since this edit began."""


class FlowProblemsError(ConflictError):
    """The flow is not complete; `problems` lists what is wrong with which node."""

    def __init__(self, found: list[TreeProblem], what: str = "The draft cannot be published.") -> None:
        more = f" There are {len(found) - 1} more problems." if len(found) > 2 else ""
        more = " There is one more problem." if len(found) == 2 else more
        listed = [{"node": problem.node, "message": problem.message} for problem in found]
        super().__init__(f"{what} {found[0].message}{more}", problems=listed)


class OnlyDraftError(ConflictError):
    """A flow that was never published would be empty without its draft."""


class NeverPublishedError(ConflictError):
    """Only published flows can be retired or restored."""


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
    _add_version(db, author, flow.id, 1, tree, now).proposal_id = proposal_id
    await db.flush()
    await _record(db, author, "flow.created", flow, now)
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
    """Replace the flow's draft, or begin one. Name, category, type, description and keywords change at once.

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
    flow.tree_type, flow.category_id = text.type, await _category_id(db, author.account_id, text.category)
    tree = await with_ids(db, author.account_id, text.tree)
    if newest is not None and newest.published_at is None:
        newest.id, newest.structure = new_id(), to_json(tree)
        newest.created_by, newest.created_at = author.user_id, now
        draft = newest
    else:
        draft = _add_version(db, author, flow_id, 1 if newest is None else newest.number + 1, tree, now)
        draft.proposal_id = proposal_id
    await db.flush()
    return draft


async def discard_draft(db: Db, author: Author, flow_id: uuid.UUID, *, based_on: uuid.UUID | None = None) -> None:
    """Discard the draft. The published version stays, and so do the name and the like.

    Raises:
        FlowNotFoundError: there is no such flow.
        NoDraftError: it has no draft.
        FlowChangedError: `based_on` is no longer the draft.
        OnlyDraftError: the flow was never published.
    """
    flow = await lock_flow(db, author.account_id, flow_id)
    draft = await _draft(db, author, flow_id, based_on)
    if flow.published_version_id is None:
        raise OnlyDraftError("This flow was never published, so the draft is all it has. Delete the flow instead.")
    await db.delete(draft)
    await db.flush()


async def publish(
    db: Db, author: Author, flow_id: uuid.UUID, now: datetime, *, based_on: uuid.UUID | None = None
) -> FlowVersion:
    """Publish the draft: new sessions follow it. Open sessions stay on the version they began with.

    The person who publishes a flow first owns it, and each publication verifies it.

    Raises:
        FlowNotFoundError: there is no such flow.
        NoDraftError: it has no draft.
        FlowChangedError: `based_on` is no longer the draft.
        FlowProblemsError: the draft is not complete, or leads into flows that cannot be entered.
    """
    await lock_library(db, author.account_id)
    flow = await lock_flow(db, author.account_id, flow_id)
    draft = await _draft(db, author, flow_id, based_on)
    tree = await with_ids(db, author.account_id, Tree.model_validate(draft.structure))
    if found := await all_problems(db, author.account_id, flow_id, tree):
        raise FlowProblemsError(found)
    draft.structure = to_json(tree)
    draft.published_at, draft.source = now, None
    if flow.published_version_id is None:
        flow.owner_id = author.user_id
    verify(flow, author.user_id, now, (await trust_rule(db, author.account_id, now)).until)
    flow.published_version_id, flow.is_active = draft.id, True
    index(flow, tree)
    await db.flush()
    await _record(db, author, "flow.published", flow, now, version=draft.number)
    for follow in hooks.on_published:
        await follow(db, author, flow, draft, now)
    await hooks.follow_trust(db, flow, now)
    return draft


async def retire(db: Db, author: Author, flow_id: uuid.UUID, now: datetime) -> None:
    """Retire a flow: new sessions are not matched to it. Retiring it again changes nothing.

    Raises:
        FlowNotFoundError: there is no such flow.
        NeverPublishedError: the flow was never published.
        FlowInUseError: published flows lead into it.
    """
    await lock_library(db, author.account_id)
    flow = await lock_flow(db, author.account_id, flow_id)
    if flow.published_version_id is None:
        raise NeverPublishedError("This flow was never published. Delete it if nobody needs it.")
    if flow.is_active:
        await check_unused(db, author.account_id, flow_id)
        flow.is_active = False
        await db.flush()
        await _record(db, author, "flow.retired", flow, now)
        await hooks.follow_trust(db, flow, now)


async def restore(db: Db, author: Author, flow_id: uuid.UUID, now: datetime) -> None:
    """Restore a retired flow in its last published version. Restoring it again changes nothing.

    Raises:
        FlowNotFoundError: there is no such flow.
        NeverPublishedError: the flow was never published.
        FlowProblemsError: it leads into flows that cannot be entered any more.
    """
    await lock_library(db, author.account_id)
    flow = await lock_flow(db, author.account_id, flow_id)
    version = await published_version(db, author.account_id, flow_id, flow.published_version_id)
    if version is None:
        raise NeverPublishedError("This flow was never published. Publish its draft instead.")
    if not flow.is_active:
        tree = Tree.model_validate(version.structure)
        if found := await leading_problems(db, author.account_id, flow_id, tree):
            raise FlowProblemsError(found, "The flow cannot be restored.")
        flow.is_active = True
        await db.flush()
        await _record(db, author, "flow.restored", flow, now)
        await hooks.follow_trust(db, flow, now)


async def delete(db: Db, author: Author, flow_id: uuid.UUID, now: datetime) -> None:
    """Delete a flow for good. Its versions stay, for the sessions that followed them.

    Raises:
        FlowNotFoundError: there is no such flow.
        FlowInUseError: published flows lead into it.
    """
    await lock_library(db, author.account_id)
    flow = await lock_flow(db, author.account_id, flow_id)
    await check_unused(db, author.account_id, flow_id)
    flow.deleted_at = now
    if (newest := await newest_version(db, author.account_id, flow_id)) is not None:
        newest.source = None
    await db.flush()
    await _record(db, author, "flow.deleted", flow, now)
    await hooks.follow_trust(db, flow, now)


async def _draft(db: Db, author: Author, flow_id: uuid.UUID, based_on: uuid.UUID | None) -> FlowVersion:
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
    if name is None:
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
    db: Db, author: Author, flow_id: uuid.UUID, number: int, tree: Tree, now: datetime
) -> FlowVersion:
    version = FlowVersion(
        account_id=author.account_id,
        id=new_id(),
        tree_id=flow_id,
        number=number,
        structure=to_json(tree),
        created_by=author.user_id,
        created_at=now,
    )
    db.add(version)
    return version


async def _record(db: Db, author: Author, action: str, flow: Flow, now: datetime, **facts: Any) -> None:
    target = ("flow", flow.id)
    after = {"name": flow.name, **facts}
    await record(db, author.account_id, author.user_id, action, target, at=now, after=after)
