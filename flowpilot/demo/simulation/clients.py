"""The clients that the demo's sessions are for."""

from collections.abc import Iterable
from datetime import datetime
from random import Random
from uuid import UUID

from flowpilot.clients.models import Client, ClientName
from flowpilot.clients.naming import key_of
from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.problems import words
from flowpilot.demo.world import DemoAccount
from flowpilot.sessions.models import AISession

# One in so many of a client's sessions uses its other name: nobody has merged the two yet.
_OTHER_NAME_EVERY = 12


def called(name: str, session_id: UUID) -> str:
    """What the engineer calls the client in this session."""
    other = words().also_called.get(name)
    return other if other is not None and session_id.int % _OTHER_NAME_EVERY == 0 else name


def make_clients(
    account: DemoAccount, sessions: Iterable[AISession], seed: int
) -> tuple[list[Client], list[ClientName]]:
    """The clients of these sessions, each as old as the first of them; the sessions get their ids."""
    rng = Random(f"{account.id}:{seed}:clients")  # noqa: S311 - A simulation has to be repeatable.
    clients = dict[str, Client]()
    for session in sessions:
        if session.client_name is not None:
            if session.client_name not in clients:
                clients[session.client_name] = _client(rng, account, session.client_name, session.created_at)
            session.client_id = clients[session.client_name].id
    return list(clients.values()), [_name(rng, client) for client in clients.values()]


def _client(rng: Random, account: DemoAccount, name: str, at: datetime) -> Client:
    return Client(
        account_id=account.id,
        id=id_at(rng, at),
        name=name,
        notes=words().client_notes.get(name, ""),
        created_by=account.owner.id,
        created_at=at,
    )


def _name(rng: Random, client: Client) -> ClientName:
    own_id = id_at(rng, client.created_at)
    return ClientName(
        account_id=client.account_id, id=own_id, client_id=client.id, name=client.name, key=key_of(client.name)
    )
