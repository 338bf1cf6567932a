"""Several sessions, each with all that happened in it, by as many statements as one."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.identity.queries import names_of
from flowpilot.sessions.following.followed import (
    FOLLOWED_COLUMNS,
    as_followed,
    read_trees,
    versions_entered,
    with_followed,
)
from flowpilot.sessions.locking import SessionNotFoundError, steps_of_each
from flowpilot.sessions.models import AISession, StatusChange
from flowpilot.sessions.queries import SessionHistory, history_of, people_of

_SESSIONS = with_followed(select(AISession, *FOLLOWED_COLUMNS))


async def read_histories(
    db: ReadDb, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID]
) -> list[SessionHistory]:
    """The sessions in the order of these ids. The names of each are those of all their people.

    Raises:
        SessionNotFoundError: the account does not have one of them.
    """
    if not session_ids:
        return []
    found = await db.execute(_SESSIONS.where(AISession.id.in_(session_ids)), {"account_id": account_id})
    rows = {row[0].id: row for row in found}
    if not rows.keys() >= set(session_ids):
        raise SessionNotFoundError
    steps = await steps_of_each(db, account_id, session_ids)
    entered = {id_: versions_entered(steps[id_]) for id_ in rows}
    own = {row[0].flow_version_id for row in rows.values()} - {None}
    trees = await read_trees(db, account_id, own.union(*entered.values()))
    changes = await _changes_of_each(db, account_id, session_ids)
    people = (people_of(row[0], steps[id_], changes[id_]) for id_, row in rows.items())
    names = await names_of(db, account_id, set().union(*people))

    def history(id_: uuid.UUID) -> SessionHistory:
        row, session = rows[id_], rows[id_][0]
        tree = trees[session.flow_version_id].tree if session.flow_version_id in trees else None
        followed = as_followed(row, session, tree, {version: trees[version] for version in entered[id_]})
        return history_of(session, steps[id_], followed, changes[id_], names)

    return [history(id_) for id_ in session_ids]


async def _changes_of_each(
    db: ReadDb, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[StatusChange]]:
    query = (
        select(StatusChange)
        .where(StatusChange.account_id == account_id, StatusChange.session_id.in_(session_ids))
        .order_by(StatusChange.created_at, StatusChange.id)
    )
    changes: dict[uuid.UUID, list[StatusChange]] = defaultdict(list)
    for change in await db.scalars(query):
        changes[change.session_id].append(change)
    return changes
