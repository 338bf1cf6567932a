"""In whose name a step is written: with a token of the person's own, or with FlowPilot's credentials."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field

from flowpilot.db.session import Database
from flowpilot.psa.connections.models import PsaConnection, PsaMember
from flowpilot.psa.connections.opening import open_provider
from flowpilot.psa.members.tokens import owners
from flowpilot.psa.postings.models import PsaPostingStep
from flowpilot.psa.provider import CredentialsError, Provider
from flowpilot.sealed import UnsealableError, unseal
from flowpilot.settings import Settings


@dataclass(frozen=True, slots=True)
class Writers:
    """The people who have a token of their own. What is theirs waits while theirs is among the `refused`."""

    members: Mapping[uuid.UUID, PsaMember] = field(default_factory=dict)
    providers: Mapping[uuid.UUID, Provider] = field(default_factory=dict)
    refused: set[uuid.UUID] = field(default_factory=set)

    def of(self, steps: Sequence[PsaPostingStep]) -> uuid.UUID | None:
        """Whose token these steps are written with, as one record; None for FlowPilot's.

        A record of two people, begun before one of them had a token, is nobody's own.
        """
        whose = {step.user_id if step.user_id in self.members else None for step in steps}
        return whose.pop() if len(whose) == 1 else None


async def open_writers(
    stack: AsyncExitStack,
    database: Database,
    settings: Settings,
    connection: PsaConnection,
    people: Collection[uuid.UUID],
) -> Writers:
    """Those of these people who have a token, with the ticket system as each of them sees it.

    Args:
        stack: which closes them.
        database: in which all processes agree on the connection's requests.
        settings: of this process.
        connection: over which they write.
        people: who are members of the account.
    """
    async with database.read(connection.account_id) as db:
        members = {one.user_id: one for one in await owners(db, connection, people) if one.user_id is not None}
    providers: dict[uuid.UUID, Provider] = {}
    refused = {user_id for user_id, member in members.items() if member.token_refused_at is not None}
    for user_id in members.keys() - refused:
        try:
            token = unseal(settings.signing_key(), members[user_id].token_encrypted or b"")
            provider = open_provider(database, settings, connection, own_token=token)
        except (UnsealableError, CredentialsError):
            refused.add(user_id)
            continue
        providers[user_id] = await stack.enter_async_context(aclosing(provider))
    return Writers(members, providers, refused)
