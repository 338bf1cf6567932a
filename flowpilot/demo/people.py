"""The demo's people as rows: who they are, what they may do, and the record of their joining."""

from datetime import datetime
from random import Random

from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.world import DemoAccount
from flowpilot.identity.models import AuditEntry, Membership, User


def make_users(account: DemoAccount, password_hash: str, created_at: datetime) -> list[User]:
    """The people who are written with this account. Members of both accounts are written with one of them."""
    return [
        User(
            id=person.id,
            email=person.email,
            name=person.name,
            password_hash=password_hash,
            password_given_by_operator=True,
            created_at=created_at,
        )
        for person in account.people_at_home
    ]


def make_memberships(account: DemoAccount, created_at: datetime) -> list[Membership]:
    """Everybody's role in the account."""
    return [
        Membership(account_id=account.id, user_id=member.person.id, role=member.role, created_at=created_at)
        for member in account.members
    ]


def make_audit_log(rng: Random, account: DemoAccount, created_at: datetime) -> list[AuditEntry]:
    """What an operator's command line would have recorded while it set the account up."""
    facts = [("account.created", "account", account.id, {"name": account.name, "timezone": account.timezone})]
    facts += [("member.added", "user", member.person.id, {"role": str(member.role)}) for member in account.members]
    return [
        AuditEntry(
            account_id=account.id,
            id=id_at(rng, created_at),
            actor_id=None,
            action=action,
            target_type=target_type,
            target_id=target_id,
            before=None,
            after=after,
            at=created_at,
        )
        for action, target_type, target_id, after in facts
    ]
