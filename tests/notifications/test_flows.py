"""A flow that loses trust: its owner gets an e-mail, too."""

import uuid

import pytest

from flowpilot.clock import now
from flowpilot.flows.trust.doubts import Doubt, DoubtKind
from flowpilot.flows.trust.service import confirm, doubt
from flowpilot.identity.actor import Role
from tests.notifications.desk import Desk
from tests.outgoing.servers import mail_server

# The application joins the features.
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("client")]


async def _loses_trust(desk: Desk, owner: uuid.UUID | None, name: str = "Printer is offline") -> uuid.UUID:
    flow_id = desk.company.add("trees", name=name, owner_id=owner)
    tree = {"root": "a", "nodes": {"a": {"kind": "resolution", "text": "Solved."}}}
    version = desk.company.add("tree_versions", tree_id=flow_id, number=1, structure=tree)
    desk.company.query(
        "UPDATE trees SET published_version_id = %s WHERE id = %s RETURNING 1", str(version), str(flow_id)
    )
    async with desk.database.write(desk.company.id) as db:
        expired = [Doubt(kind=DoubtKind.EXPIRED, since=now())]
        assert await doubt(db, desk.company.id, flow_id, expired, now(), verified_at=None)
    return flow_id


async def test_its_owner_gets_one_email_however_many_flows_it_concerns(desk: Desk) -> None:
    with mail_server() as mailbox:
        posted = desk.with_mail(mailbox.port, public_url="https://desk.example")
        owner, email = await posted.person(Role.ENGINEER)
        flow_id = await _loses_trust(posted, owner)
        await _loses_trust(posted, owner, "Scanner is dirty")
        await posted.work()
        [letter] = mailbox.letters
    assert (letter["To"], letter["Subject"]) == (email, "“Printer is offline” asks whether it is still right")
    assert f"https://desk.example/flows/{flow_id}" in letter.get_content()


async def test_who_wants_no_email_reads_of_it_in_the_product(desk: Desk) -> None:
    with mail_server() as mailbox:
        posted = desk.with_mail(mailbox.port)
        owner, _ = await posted.person(Role.ENGINEER)
        await posted.chooses(owner, email=False)
        await _loses_trust(posted, owner)
        await posted.work()
        assert mailbox.letters == []
    assert desk.notified() == [owner]


async def test_a_flow_that_was_confirmed_in_the_meantime_asks_nobody(desk: Desk) -> None:
    with mail_server() as mailbox:
        posted = desk.with_mail(mailbox.port)
        owner, _ = await posted.person(Role.ENGINEER)
        flow_id = await _loses_trust(posted, owner)
        async with desk.database.write(desk.company.id) as db:
            await confirm(db, desk.actor(Role.TEAM_ADMIN), flow_id, now())
        await posted.work()
        assert mailbox.letters == []
