"""Writing what is different at a step of a flow for one client."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from flowpilot.clients.finding import with_id
from flowpilot.clients.service import put_on_record
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import InvalidError, NotFoundError
from flowpilot.flows.fields import names_in
from flowpilot.flows.queries import flow_facts, newest_version, published_version
from flowpilot.identity.actor import Actor
from flowpilot.sessions.client_notes.models import FlowClientNote, NoteMode


class NoSuchNodeError(NotFoundError):
    """Neither the published version of the flow nor its draft has this node."""

    def __init__(self, node: str) -> None:
        super().__init__(f'The flow has no node "{node[:64]}". Load it again to see its nodes.')


class NoSuchClientNoteError(NotFoundError):
    """Nothing is written for this client there."""

    def __init__(self) -> None:
        super().__init__("There is no note for this client at this node.")


class UnknownFieldError(InvalidError):
    """A note uses a field that its flow does not ask for."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        known_ones = f"It asks for: {', '.join(known)}." if known else "It asks for no fields."
        super().__init__(f"text: the flow has no field {{{{{name}}}}}. {known_ones}")


async def write_client_note(
    db: Db,
    actor: Actor,
    place: tuple[uuid.UUID, str],
    client_id: uuid.UUID,
    mode: NoteMode,
    text: str,
    now: datetime,
) -> None:
    """Write what is different for a client at a node, instead of what was written before.

    Args:
        place: the flow and its node.
        client_id: of the client. What is written for one that was merged changes its note there, if it has one;
            otherwise it is for the client that it was merged into.

    Raises:
        FlowNotFoundError, NoSuchNodeError: there is no such place.
        ClientNotFoundError: the account has no such client.
        UnknownFieldError: the text uses a field that the flow does not ask for.
    """
    flow_id, node = place
    name, fields = await _check_place(db, actor.account_id, flow_id, node)
    if unknown := next((used for used in names_in(text) if used not in fields), None):
        raise UnknownFieldError(unknown, fields)
    client = await with_id(db, actor.account_id, client_id)
    said = {"mode": mode, "text": text, "written_by": actor.user_id, "written_at": now}
    place_of = {"account_id": actor.account_id, "flow_id": flow_id, "node": node}
    has_one = await db.scalar(select(FlowClientNote.id).filter_by(**place_of, client_id=client_id))
    key = place_of | {"client_id": client_id if has_one else client.id}
    writing = insert(FlowClientNote).values(**key, **said, id=new_id())
    await db.execute(writing.on_conflict_do_update(index_elements=list(key), set_=said))
    # The audit log is for those who may see all of it, and keeps no copy of what notes say.
    await put_on_record(db, actor, client, "step_noted", now, after={"flow": name, "node": node})


async def remove_client_note(
    db: Db, actor: Actor, place: tuple[uuid.UUID, str], client_id: uuid.UUID, now: datetime
) -> None:
    """Remove a client's note at a node.

    Raises:
        FlowNotFoundError: there is no such flow.
        NoSuchClientNoteError: there is none.
    """
    flow_id, node = place
    facts = await flow_facts(db, actor.account_id, flow_id)
    gone = delete(FlowClientNote).where(
        FlowClientNote.account_id == actor.account_id,
        FlowClientNote.flow_id == flow_id,
        FlowClientNote.node == node,
        FlowClientNote.client_id == client_id,
    )
    if (await db.scalar(gone.returning(FlowClientNote.id))) is None:
        raise NoSuchClientNoteError
    client = await with_id(db, actor.account_id, client_id)
    await put_on_record(db, actor, client, "step_note_removed", now, before={"flow": facts.name, "node": node})


async def _check_place(db: Db, account_id: uuid.UUID, flow_id: uuid.UUID, node: str) -> tuple[str, list[str]]:
    """The name of the flow that has this node, and the names of the fields that it asks for."""
    facts = await flow_facts(db, account_id, flow_id)
    newest = await newest_version(db, account_id, flow_id)
    published = await published_version(db, account_id, flow_id, facts.published_version_id)
    trees = [version.structure["nodes"] for version in (newest, published) if version is not None]
    if not any(node in nodes for nodes in trees):
        raise NoSuchNodeError(node)
    asked = {field["name"] for nodes in trees for each in nodes.values() for field in each.get("fields", ())}
    return facts.name, sorted(asked)
