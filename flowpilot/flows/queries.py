"""Reading flows: lists, one flow, its versions, and a flow as text."""

import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, not_, or_, select

from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.pages import newest_first, oldest_first
from flowpilot.db.session import ReadDb
from flowpilot.db.texts import is_text
from flowpilot.errors import NotFoundError, OutdatedError
from flowpilot.flows.models import Flow, FlowCategory, FlowVersion
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Tree


class FlowNotFoundError(NotFoundError):
    """The account has no such flow, or it was deleted."""

    def __init__(self) -> None:
        super().__init__("There is no such flow in this account.")


class VersionNotFoundError(NotFoundError):
    """The flow has no version with this number."""


class NoDraftError(OutdatedError):
    """There is no draft to check, publish or discard."""


class FlowState(StrEnum):
    """Whether sessions follow a flow: not yet, now, or no longer."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


_IN_STATE: dict[FlowState, ColumnElement[bool]] = {
    FlowState.DRAFT: Flow.published_version_id.is_(None),
    FlowState.PUBLISHED: and_(Flow.published_version_id.is_not(None), Flow.is_active),
    FlowState.RETIRED: and_(Flow.published_version_id.is_not(None), not_(Flow.is_active)),
}

IS_OFFERED = _IN_STATE[FlowState.PUBLISHED]
# A retired flow asks nobody.
NEEDS_CONFIRMING = and_(Flow.doubted_since.is_not(None), IS_OFFERED)


async def flows(
    db: ReadDb,
    account_id: uuid.UUID,
    limit: int,
    after: uuid.UUID | None,
    *,
    words: str | None = None,
    category: str | None = None,
    state: FlowState | None = None,
    needs_confirming: bool = False,
    owner_id: uuid.UUID | None = None,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Flows in the order of their creation, those after `after`.

    Args:
        words: a part of the name or of the category's name, ignoring case.
        category: the category's full name, ignoring case.
        needs_confirming: only those that have lost trust and are still offered.
        owner_id: only those that this member answers for.
    """
    query = _facts(account_id)
    if words:
        words = words.strip()
        query = query.where(
            or_(Flow.name.icontains(words, autoescape=True), FlowCategory.name.icontains(words, autoescape=True))
        )
    if category is not None:
        query = query.where(is_text(FlowCategory.name, category))
    if state is not None:
        query = query.where(_IN_STATE[state])
    if needs_confirming:
        query = query.where(NEEDS_CONFIRMING)
    if owner_id is not None:
        query = query.where(Flow.owner_id == owner_id)
    return (await db.execute(oldest_first(query, Flow.id, limit, after))).all()


async def flow_facts(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID) -> Row[*tuple[Any, ...]]:
    """One flow, as `flows` lists it, with `published_version_id`.

    Raises:
        FlowNotFoundError: there is none.
    """
    row = (await db.execute(_facts(account_id).where(Flow.id == flow_id))).one_or_none()
    if row is None:
        raise FlowNotFoundError
    return row


_TO_CONFIRM = Lookup(
    select(func.count(Flow.id)).where(
        Flow.account_id == bindparam("account_id"),
        Flow.owner_id == bindparam("owner_id"),
        *(Flow.deleted_at.is_(None), NEEDS_CONFIRMING),
    ),
    int,
)


def count_to_confirm(account_id: uuid.UUID, owner_id: uuid.UUID) -> Asked[int]:
    """How many flows ask this member to confirm them."""
    return _TO_CONFIRM.of(account_id=account_id, owner_id=owner_id)


async def versions(
    db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID, limit: int, before: uuid.UUID | None
) -> Sequence[FlowVersion]:
    """A flow's versions, the newest first, or those older than the version `before`.

    Raises:
        FlowNotFoundError: there is no such flow.
    """
    await flow_facts(db, account_id, flow_id)
    query = _versions(account_id, flow_id)
    return (await db.scalars(newest_first(query, FlowVersion.id, limit, before))).all()


async def version(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID, number: int) -> FlowVersion:
    """One version of a flow.

    Raises:
        FlowNotFoundError, VersionNotFoundError: there is none.
    """
    await flow_facts(db, account_id, flow_id)
    found = await db.scalar(_versions(account_id, flow_id).where(FlowVersion.number == number))
    if found is None:
        raise VersionNotFoundError(f"This flow has no version {number}.")
    return found


async def newest_version(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID) -> FlowVersion | None:
    """The draft if there is one, otherwise the version published last."""
    return await db.scalar(_versions(account_id, flow_id).order_by(FlowVersion.number.desc()).limit(1))


async def find_draft(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID) -> FlowVersion:
    """The draft of a flow.

    Raises:
        NoDraftError: there is none.
    """
    newest = await newest_version(db, account_id, flow_id)
    if newest is None or newest.published_at is not None:
        raise NoDraftError("This flow has no draft. Save one first.")
    return newest


async def published_version(
    db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID, version_id: uuid.UUID | None
) -> FlowVersion | None:
    """The version of a flow with this id."""
    return await db.scalar(_versions(account_id, flow_id).where(FlowVersion.id == version_id))


async def flow_text(
    db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID, number: int | None = None
) -> tuple[FlowText, int]:
    """A version of a flow as text, and its number. By default the published one, or the draft if there is none.

    Raises:
        FlowNotFoundError, VersionNotFoundError: there is none.
    """
    facts = await flow_facts(db, account_id, flow_id)
    number = number or facts.published_version or facts.draft_version
    if number is None:
        raise VersionNotFoundError("This flow has no version yet.")
    return as_text(facts, await version(db, account_id, flow_id, number)), number


def as_text(facts: Any, version: FlowVersion) -> FlowText:
    """The flow in a row of `flows`, with the tree and the type of this version."""
    return FlowText(
        name=facts.name,
        category=facts.category,
        type=version.tree_type,
        description=facts.description,
        keywords=tuple(facts.keywords),
        tree=Tree.model_validate(version.structure),
    )


async def categories(
    db: ReadDb, account_id: uuid.UUID, limit: int, after: uuid.UUID | None
) -> Sequence[FlowCategory]:
    """Categories in the order of their creation, those after `after`."""
    query = select(FlowCategory).where(FlowCategory.account_id == account_id)
    return (await db.scalars(oldest_first(query, FlowCategory.id, limit, after))).all()


async def find_category(db: ReadDb, account_id: uuid.UUID, category_id: uuid.UUID) -> FlowCategory | None:
    """A category; None if the account has no such one."""
    found: FlowCategory | None = await db.scalar(
        select(FlowCategory).where(FlowCategory.account_id == account_id, FlowCategory.id == category_id)
    )
    return found


def _facts(account_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    published = (
        select(FlowVersion.number, FlowVersion.published_at)
        .where(FlowVersion.account_id == account_id, FlowVersion.id == Flow.published_version_id)
        .lateral("published")
    )
    draft = (
        select(func.max(FlowVersion.number))
        .where(
            FlowVersion.account_id == account_id,
            FlowVersion.tree_id == Flow.id,
            FlowVersion.published_at.is_(None),
        )
        .scalar_subquery()
    )
    return (
        select(
            Flow.id,
            Flow.name,
            FlowCategory.name.label("category"),
            Flow.tree_type.label("type"),
            Flow.description,
            Flow.keywords,
            Flow.origin,
            case(*((condition, state) for state, condition in _IN_STATE.items())).label("state"),
            Flow.published_version_id,
            published.c.number.label("published_version"),
            published.c.published_at,
            draft.label("draft_version"),
            Flow.owner_id,
            Flow.verified_at,
            Flow.verified_by,
            Flow.verified_until,
            Flow.doubted_since,
            Flow.doubts,
            Flow.created_at,
        )
        .outerjoin(
            FlowCategory, and_(FlowCategory.account_id == Flow.account_id, FlowCategory.id == Flow.category_id)
        )
        .outerjoin(published, Flow.published_version_id.is_not(None))
        .where(Flow.account_id == account_id, Flow.deleted_at.is_(None))
    )


def _versions(account_id: uuid.UUID, flow_id: uuid.UUID) -> Select[FlowVersion]:
    return select(FlowVersion).where(FlowVersion.account_id == account_id, FlowVersion.tree_id == flow_id)
