"""The copies of a session's words in proposals, and in flows that were made from them."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import func, or_, select, update

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.flows.locking import lock_library
from flowpilot.flows.models import Flow, FlowCategory, FlowVersion
from flowpilot.identity.audit.log import overwrite_entries
from flowpilot.knowledge.evidence import renew_traits
from flowpilot.knowledge.locking import lock_words
from flowpilot.knowledge.models import FlowProposal, ProposalSession
from flowpilot.knowledge.wording.models import AiTask
from flowpilot.sessions.queries import read_session
from flowpilot.sessions.removal.copies import Copy, Fate, Found
from flowpilot.sessions.removal.overwriting import Rows, overwrite
from flowpilot.sessions.removal.scope import Removal

_OF_FLOW = ("name", "description", "keywords", "search_text")


async def overwrite_proposals(db: Db, removal: Removal) -> Found:
    """Drafts and their evidence, and flows that nobody follows yet. Published ones are listed, to be checked."""
    if not removal.is_preview:
        # A draft that is saved now is waited for, and none is saved until the words are gone.
        await lock_library(db, removal.account_id)
        # So is an analysis that writes now: it has read the session as it was.
        await lock_words(db, removal.account_id)
        # In the order of an analysis: first what sessions are compared by, then the proposals.
        await renew_traits(db, [await read_session(db, removal.account_id, removal.session_id)])
    ids = await _proposals(db, removal)
    if not ids:
        return Found()
    categories, nodes = await _categories(db, removal, ids), await _drawn(db, removal, ids)
    these, clean = FlowProposal.id.in_(ids), partial(_without, removal, nodes)
    changed = await overwrite(db, removal, FlowProposal, _columns(removal), these, clean=clean)
    versions = await _versions(db, removal.account_id, ids)
    published = {flow.id for _, flow in versions if flow.published_version_id is not None}
    drafts = {flow.id for _, flow in versions} - published
    copies = [Copy("A proposal for a flow", path=f"/proposals/{one}") for one in sorted(changed)]
    copies += _to_check(removal, versions)
    copies += await _remove_categories(db, removal, categories, drafts)
    found = changed.found(*copies) | await _overwrite_drafts(db, removal, versions, drafts, nodes)
    return found | (await _overwrite_wording(db, removal, ids, drafts)).found()


async def _proposals(db: Db, removal: Removal) -> Sequence[uuid.UUID]:
    """Those that the session is in, locked: a reviewer who decides now is waited for."""
    within = select(ProposalSession.proposal_id).where(
        ProposalSession.account_id == removal.account_id, ProposalSession.session_id == removal.session_id
    )
    query = (
        select(FlowProposal.id)
        .where(
            FlowProposal.account_id == removal.account_id,
            or_(FlowProposal.id.in_(within), FlowProposal.source_session_id == removal.session_id),
        )
        .order_by(FlowProposal.id)
    )
    return (await db.scalars(query if removal.is_preview else query.with_for_update(key_share=True))).all()


def _columns(removal: Removal) -> Sequence[str]:
    """The domain is the session's, and goes when that does: only if somebody names it as the phrase."""
    columns = ("title", "given_title", "content", "reason")
    return columns if removal.is_whole else (*columns, "domain")


async def _categories(db: Db, removal: Removal, proposals: Sequence[uuid.UUID]) -> Sequence[FlowCategory]:
    """The categories that have the words because they are named after the domain of one of these proposals."""
    if removal.is_whole:
        return []
    domains = select(func.lower(FlowProposal.domain)).where(
        FlowProposal.account_id == removal.account_id, FlowProposal.id.in_(proposals)
    )
    query = select(FlowCategory).where(
        FlowCategory.account_id == removal.account_id, func.lower(FlowCategory.name).in_(domains)
    )
    return [one for one in await db.scalars(query) if removal.words.are_in(one.name)]


async def _remove_categories(
    db: Db, removal: Removal, categories: Sequence[FlowCategory], drafts: Collection[uuid.UUID]
) -> list[Copy]:
    """One that only these drafts have is deleted. Others are listed: other flows have them, too."""
    copies = []
    for category in categories:
        having = Flow.account_id == removal.account_id, Flow.category_id == category.id
        if await db.scalar(select(Flow.id).where(*having, Flow.id.not_in(drafts)).limit(1)) is not None:
            name = removal.words.clean(category.name)
            copies.append(
                Copy(f"The category “{name}” of flows", Fate.TO_CHECK, f"/flows/categories/{category.id}")
            )
            continue
        copies.append(Copy("A category of flows"))
        if not removal.is_preview:
            await db.execute(update(Flow).where(*having).values(category_id=None))
            await db.delete(category)
            await db.flush()
    return copies


async def _drawn(db: Db, removal: Removal, proposals: Sequence[uuid.UUID]) -> frozenset[str]:
    """The ids of the nodes that were drawn from steps which are removed."""
    if not removal.is_whole:
        return frozenset()
    steps = frozenset(map(str, removal.step_ids))
    contents = await db.scalars(
        select(FlowProposal.content).where(
            FlowProposal.account_id == removal.account_id, FlowProposal.id.in_(proposals)
        )
    )
    return frozenset(
        node_id
        for content in contents
        for node_id, sources in content.get("sources", {}).items()
        if not steps.isdisjoint(sources)
    )


def _without(removal: Removal, nodes: Collection[str], value: Any) -> Any:
    """A value without the words, and without what these nodes say, however short that is."""
    return removal.words.clean(_without_nodes(removal, nodes, value))


def _without_nodes(removal: Removal, nodes: Collection[str], value: Any) -> Any:
    """A draft, or a tree, without what its nodes with these ids say of the steps."""
    if not isinstance(value, Mapping):
        return value

    def clean(key: str, one: Any) -> Any:
        is_drawn = key in nodes and isinstance(one, Mapping) and "kind" in one
        return removal.words.clean_own(one) if is_drawn else _without_nodes(removal, nodes, one)

    return {key: clean(key, one) for key, one in value.items()}


async def _versions(
    db: Db, account_id: uuid.UUID, proposals: Sequence[uuid.UUID]
) -> list[tuple[FlowVersion, Flow]]:
    """All versions of the flows that were made from these proposals."""
    made = select(FlowVersion.tree_id).where(
        FlowVersion.account_id == account_id, FlowVersion.proposal_id.in_(proposals)
    )
    query = (
        select(FlowVersion, Flow)
        .join(Flow, (Flow.account_id == FlowVersion.account_id) & (Flow.id == FlowVersion.tree_id))
        .where(FlowVersion.account_id == account_id, Flow.account_id == account_id, Flow.id.in_(made))
        .order_by(FlowVersion.tree_id, FlowVersion.number)
    )
    return [(version, flow) for version, flow in await db.execute(query)]


def _to_check(removal: Removal, versions: Sequence[tuple[FlowVersion, Flow]]) -> list[Copy]:
    """Published flows that have the words, or may have them in the words of an AI."""
    found = {
        flow.id: flow
        for version, flow in versions
        if version.published_at is not None
        and (flow.origin != "manual" or _is_said(removal, [version.structure, *_said(flow)]))
    }
    name = removal.words.clean
    return [
        Copy(f"The published flow “{name(flow.name)}”", Fate.TO_CHECK, f"/flows/{flow.id}")
        for flow in found.values()
    ]


def _is_said(removal: Removal, texts: object) -> bool:
    return removal.words.are_in(texts) or removal.telling.are_in(texts)


def _said(flow: Flow) -> list[object]:
    return [flow.name, flow.description, flow.keywords]


async def _overwrite_drafts(
    db: Db,
    removal: Removal,
    versions: Sequence[tuple[FlowVersion, Flow]],
    drafts: Collection[uuid.UUID],
    nodes: Collection[str],
) -> Found:
    open_ones = [version for version, _ in versions if version.published_at is None]
    these = FlowVersion.id.in_([version.id for version in open_ones])
    clean = partial(_without, removal, nodes)
    trees = await overwrite(db, removal, FlowVersion, ["structure", "source"], these, clean=clean)
    flows = await overwrite(db, removal, Flow, _OF_FLOW, Flow.id.in_(drafts))
    preview = removal.is_preview
    await overwrite_entries(db, removal.account_id, ("flow", drafts), removal.words.clean, is_preview=preview)
    if not preview:
        await _renew_ids(db, [one for one in open_ones if one.id in trees or one.tree_id in flows])
    n = len(trees) + len(flows)
    return (trees | flows).found(*([Copy(f"Drafts of flows ({n})")] if n else []))


async def _renew_ids(db: Db, drafts: Sequence[FlowVersion]) -> None:
    """Drafts as if somebody had saved them: an editor that has one open cannot save the words again."""
    for draft in drafts:
        draft.id = new_id()
    await db.flush()


async def _overwrite_wording(
    db: Db, removal: Removal, proposals: Sequence[uuid.UUID], drafts: Collection[uuid.UUID]
) -> Rows:
    """What the AI was asked, and what it changed: with all of a step, its own words for it, too."""
    theirs = or_(AiTask.proposal_id.in_(proposals), AiTask.flow_id.in_(drafts))
    asked = await overwrite(db, removal, AiTask, ["problem", *([] if removal.is_whole else ["changes"])], theirs)
    if removal.is_whole and not removal.is_preview:
        mine = update(AiTask).where(AiTask.account_id == removal.account_id, theirs)
        await db.execute(mine.values(changes=[]), execution_options={"synchronize_session": False})
    return asked
