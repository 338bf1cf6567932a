"""Who is notified of which events."""

import uuid

import pytest

from flowpilot.handoffs.models import HandoffEventKind as Kind
from flowpilot.identity.actor import Role
from flowpilot.notifications.models import ChannelKind
from tests.company import Company
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver

pytestmark = pytest.mark.anyio


def _users(desk: Desk, *roles: Role) -> list[uuid.UUID]:
    return sorted(desk.company.users[role] for role in roles)


async def test_everybody_who_may_claim_an_escalation_is_notified(desk: Desk) -> None:
    await desk.escalates()
    await desk.work()
    assert desk.notified() == _users(desk, Role.TEAM_ADMIN, Role.OWNER)


@pytest.mark.parametrize(("kind", "content"), [(Kind.CREATED, {}), (Kind.REASSIGNED, {"target": None})])
async def test_people_who_cannot_sign_in_are_not_notified_of_unassigned_handoffs(
    desk: Desk, kind: Kind, content: dict[str, None]
) -> None:
    """A person known only from an import, and a person without a password."""
    desk.company.add_imported("Ada")
    await desk.person(Role.ENGINEER, can_sign_in=False)
    await desk.happens(desk.escalated(), kind, Role.ENGINEER, **content)
    await desk.work()
    assert desk.notified() == _users(desk, Role.TEAM_ADMIN, Role.OWNER)


async def test_the_assignee_of_an_escalation_is_notified(desk: Desk) -> None:
    await desk.escalates(target_user_id=desk.company.users[Role.OWNER])
    await desk.work()
    assert desk.notified() == _users(desk, Role.OWNER)


@pytest.mark.parametrize("kind", [Kind.CLAIMED, Kind.RELEASED, Kind.EXPIRED, Kind.CLOSED])
async def test_the_person_who_escalated_is_notified_of_what_follows(desk: Desk, kind: Kind) -> None:
    await desk.happens(desk.escalated(), kind, Role.OWNER if kind != Kind.EXPIRED else None)
    await desk.work()
    assert desk.notified() == _users(desk, Role.ENGINEER)


async def test_nobody_is_notified_of_what_they_did_themselves(desk: Desk) -> None:
    await desk.happens(desk.escalated(), Kind.CLOSED, Role.ENGINEER)
    await desk.work()
    assert desk.notified() == []


@pytest.mark.parametrize("kind", [Kind.RELEASED, Kind.EXPIRED])
async def test_the_former_holder_is_notified(desk: Desk, kind: Kind) -> None:
    holder = str(desk.company.users[Role.TEAM_ADMIN])
    await desk.happens(desk.escalated(), kind, Role.OWNER if kind == Kind.RELEASED else None, holder=holder)
    await desk.work()
    assert desk.notified() == _users(desk, Role.ENGINEER, Role.TEAM_ADMIN)


async def test_a_holder_is_notified_that_others_have_closed_it(desk: Desk) -> None:
    handoff = desk.escalated(claimed_by=desk.company.users[Role.OWNER])
    await desk.happens(handoff, Kind.CLOSED, Role.ENGINEER)
    await desk.work()
    assert desk.notified() == _users(desk, Role.OWNER)


async def test_a_new_assignee_is_notified(desk: Desk) -> None:
    target = str(desk.company.users[Role.OWNER])
    await desk.happens(desk.escalated(), Kind.REASSIGNED, Role.TEAM_ADMIN, target=target)
    await desk.work()
    assert desk.notified() == _users(desk, Role.OWNER)


async def test_everybody_who_may_claim_is_notified_when_a_handoff_is_unassigned(desk: Desk) -> None:
    await desk.happens(desk.escalated(), Kind.REASSIGNED, Role.TEAM_ADMIN, target=None)
    await desk.work()
    assert desk.notified() == _users(desk, Role.OWNER)


async def test_the_holder_reads_what_the_engineer_thinks_and_no_channel_of_the_account_does(
    desk: Desk, hooks: Receiver
) -> None:
    await desk.channel(ChannelKind.SLACK, hooks.url())
    handoff = desk.escalated(claimed_by=desk.company.users[Role.OWNER])
    await desk.happens(handoff, Kind.OPINION, Role.ENGINEER)
    await desk.happens(desk.escalated(), Kind.OPINION, Role.ENGINEER)
    await desk.work()
    assert (desk.notified(), hooks.requests) == (_users(desk, Role.OWNER), [])


async def test_the_holder_is_reminded(desk: Desk) -> None:
    handoff = desk.escalated(claimed_by=desk.company.users[Role.OWNER])
    await desk.happens(handoff, Kind.REMINDED)
    await desk.work()
    assert desk.notified() == _users(desk, Role.OWNER)


@pytest.mark.parametrize("kind", [Kind.FIRST_ACTION, Kind.ASSESSED])
async def test_nobody_is_notified_of_what_only_refreshes_a_page(desk: Desk, kind: Kind) -> None:
    await desk.happens(desk.escalated(), kind, Role.OWNER)
    assert desk.jobs() == []


async def test_former_members_are_not_notified(desk: Desk) -> None:
    await desk.escalates()
    desk.company.query("DELETE FROM memberships WHERE role = 'owner' RETURNING user_id")
    await desk.work()
    assert desk.notified() == _users(desk, Role.TEAM_ADMIN)


async def test_other_accounts_are_not_notified(desk: Desk, neighbour: Company, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.SLACK, hooks.url())
    other = Desk(neighbour, desk.database, desk.settings)
    await other.escalates()
    await other.work()
    assert (desk.notified(), desk.log("id"), hooks.requests) == ([], [], [])


async def test_a_kind_that_is_switched_off_is_not_used(desk: Desk, hooks: Receiver) -> None:
    owner = desk.company.users[Role.OWNER]
    await desk.channel(ChannelKind.SLACK, hooks.url(), mine=True)
    await desk.chooses(owner, in_app=False, slack=False)
    await desk.escalates()
    await desk.work()
    assert desk.notified() == _users(desk, Role.TEAM_ADMIN)
    assert (desk.log("id"), hooks.requests) == ([], [])


async def test_a_members_own_channel_gets_what_the_member_is_notified_of(desk: Desk, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.SLACK, hooks.url(), Role.TEAM_ADMIN, mine=True)
    await desk.escalates(target_user_id=desk.company.users[Role.OWNER])
    await desk.escalates()
    await desk.work()
    assert desk.log("user_id", "status") == [(desk.company.users[Role.TEAM_ADMIN], "sent")]
    assert len(hooks.requests) == 1


async def test_the_accounts_channel_gets_each_event_once_whatever_members_choose(
    desk: Desk, hooks: Receiver
) -> None:
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.chooses(desk.company.users[Role.OWNER], slack=False)
    handoff = desk.escalated()
    for kind in (Kind.CREATED, Kind.CLAIMED, Kind.RELEASED, Kind.EXPIRED, Kind.REASSIGNED, Kind.CLOSED):
        await desk.happens(handoff, kind, Role.OWNER, target=str(desk.company.users[Role.OWNER]))
    await desk.happens(handoff, Kind.REMINDED)
    await desk.work()
    assert desk.log("status", "user_id") == [("sent", None)] * 6
    assert len(hooks.requests) == 6


async def test_a_channel_that_is_off_or_gone_gets_nothing(desk: Desk, hooks: Receiver) -> None:
    for column in ("is_active = false", "deleted_at = now()"):
        channel, _ = await desk.channel(ChannelKind.SLACK, hooks.url())
        desk.company.query(f"UPDATE notification_channels SET {column} WHERE id = %s RETURNING id", channel)
    await desk.escalates()
    await desk.work()
    assert desk.log("id") == []
