"""The life of a flow: its draft is published, and it is retired, restored or deleted. `drafts` has the drafts."""

import uuid
from dataclasses import asdict
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.errors import ConflictError
from flowpilot.flows import hooks
from flowpilot.flows.author import Author
from flowpilot.flows.checking.checker import TreeProblem
from flowpilot.flows.drafts.service import draft_to_change
from flowpilot.flows.files.keeping import drop_files
from flowpilot.flows.locking import lock_flow, lock_library
from flowpilot.flows.matching.index import index, index_meaning
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.queries import newest_version, published_version
from flowpilot.flows.records import record_flow
from flowpilot.flows.subflows.checks import all_problems, check_unused, leading_problems
from flowpilot.flows.subflows.names import with_ids
from flowpilot.flows.tree import Tree, to_json
from flowpilot.flows.trust.verification import trust_rule, verify


class FlowProblemsError(ConflictError):
    """The flow is not complete; `problems` lists what is wrong with which node."""

    def __init__(self, found: list[TreeProblem], what: str = "The draft cannot be published.") -> None:
        more = f" There are {len(found) - 1} more problems." if len(found) > 2 else ""
        more = " There is one more problem." if len(found) == 2 else more
        self.found = found
        listed = [asdict(problem) for problem in found]
        super().__init__(f"{what} {found[0].message}{more}", problems=listed)


class NeverPublishedError(ConflictError):
    """Only published flows can be retired or restored."""


async def publish(
    db: Db, author: Author, flow_id: uuid.UUID, now: datetime, *, based_on: uuid.UUID | None = None
) -> FlowVersion:
    """Publish the draft, and its type: new sessions follow it. Open sessions stay on the version they began with.

    The person who publishes a flow first owns it, and each publication verifies it.

    Raises:
        FlowNotFoundError: there is no such flow.
        NoDraftError: it has no draft.
        FlowChangedError: `based_on` is no longer the draft.
        FlowProblemsError: the draft is not complete, or leads into flows that cannot be entered.
    """
    await lock_library(db, author.account_id)
    flow = await lock_flow(db, author.account_id, flow_id)
    draft = await draft_to_change(db, author, flow_id, based_on)
    tree = await with_ids(db, author.account_id, Tree.model_validate(draft.structure))
    if found := await all_problems(db, author.account_id, flow_id, tree):
        raise FlowProblemsError(found)
    draft.structure = to_json(tree)
    draft.published_at, draft.source = now, None
    if flow.published_version_id is None:
        flow.owner_id = author.user_id
    verify(flow, author.user_id, now, (await trust_rule(db, author.account_id, now)).until)
    flow.published_version_id, flow.tree_type, flow.is_active = draft.id, draft.tree_type, True
    index(flow, tree)
    await db.flush()
    await index_meaning(db, flow, tree)
    await record_flow(db, author, "flow.published", flow, now, version=draft.number)
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
        await record_flow(db, author, "flow.retired", flow, now)
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
        await record_flow(db, author, "flow.restored", flow, now)
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
        await drop_files(db, author.account_id, Tree.model_validate(newest.structure), None, now)
    await db.flush()
    await record_flow(db, author, "flow.deleted", flow, now)
    await hooks.follow_trust(db, flow, now)
