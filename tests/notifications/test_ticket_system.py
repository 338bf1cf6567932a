"""A ticket system that refuses FlowPilot's credentials: those who can enter new ones get one e-mail, too."""

import uuid

import pytest

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from flowpilot.notifications.mailing import mail_notices
from flowpilot.notifications.ticket_system import report_refused, settle_refused
from flowpilot.psa.hooks import Changed, CredentialsRefused
from tests.notifications.desk import Desk
from tests.outgoing.servers import mail_server

pytestmark = pytest.mark.anyio


async def _refuses(desk: Desk) -> uuid.UUID:
    """The connection that was paused."""
    about = {"provider": "console", "name": "Our desk", "base_url": "https://desk.example"}
    connection_id = desk.company.add("psa_connections", credentials_encrypted=b"", **about)
    refused = CredentialsRefused(desk.company.id, connection_id, "Our desk", now(), "Enter valid ones.")
    async with desk.database.write(desk.company.id) as db:
        await report_refused(db, refused)
    return connection_id


def _deliveries(desk: Desk) -> int:
    return int(desk.company.query("SELECT count(*) FROM notification_deliveries")[0][0])


async def test_each_of_them_gets_one_email(desk: Desk) -> None:
    with mail_server() as mailbox:
        posted = desk.with_mail(mailbox.port)
        _, email = await posted.person(Role.TEAM_ADMIN)
        silent, unwanted = await posted.person(Role.OWNER)
        await posted.chooses(silent, email=False)
        _, engineer = await posted.person(Role.ENGINEER)
        connection_id = await _refuses(posted)
        await posted.work()
        async with desk.database.write(desk.company.id) as db:
            await mail_notices(db, desk.company.id, connection_id, now())
        await posted.work_again()
        got = [str(letter["To"]) for letter in mailbox.letters]
        subjects = {letter["Subject"] for letter in mailbox.letters}
    assert [got.count(address) for address in (email, unwanted, engineer)] == [1, 0, 0]
    assert subjects == {"“Our desk” does not accept FlowPilot's credentials"}


async def test_without_a_mail_server_nothing_waits_for_one(desk: Desk) -> None:
    await desk.person(Role.OWNER)
    await _refuses(desk)
    await desk.work()
    assert _deliveries(desk) == 0


async def test_what_is_over_is_not_sent(desk: Desk) -> None:
    with mail_server() as mailbox:
        posted = desk.with_mail(mailbox.port)
        await posted.person(Role.OWNER)
        connection_id = await _refuses(posted)
        async with desk.database.write(desk.company.id) as db:
            await settle_refused(db, Changed(desk.company.id, connection_id, "Our desk", now()))
        await posted.work()
        assert (len(mailbox.letters), _deliveries(desk)) == (0, 0)
