"""Past tickets of a connected ticket system, from its answers to the account's sessions."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from flowpilot.cli.importing.words import fetched_in_words
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.imports.psa.bringing import preview
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import undo_import
from flowpilot.psa.history import ChangeKind
from tests.imports.psa.bringing import Bringing
from tests.imports.psa.histories import ALEX, change, history, solved

pytestmark = pytest.mark.anyio


async def test_past_tickets_become_sessions_and_the_import_is_listed(bringing: Bringing) -> None:
    bringing.shows(solved("7"), history("8"))
    summary = await bringing.bring()
    assert (summary.sessions, summary.handoffs, summary.claimed, summary.people_created) == (2, 1, 1, 2)
    assert bringing.sessions() == [("7", "resolved", 5), ("8", "active", 0)]
    (run,) = list_runs(bringing.url, bringing.company.id)
    assert (run.file_name, run.mapping) == ("Small desk since 2026-01-01", "Small desk")


@pytest.mark.one_server
async def test_doing_it_again_changes_nothing_and_later_goes_on(bringing: Bringing) -> None:
    bringing.shows(solved("7"), history("8"))
    await bringing.bring()
    assert (await bringing.bring()).already_imported_at is not None
    bringing.shows(solved("7"), history("8", change("09:00", ALEX, ChangeKind.NOTE), closed="09:30"))
    changes = (await bringing.bring()).changes
    assert (changes.updated, changes.unchanged) == (1, 1)
    assert bringing.sessions() == [("7", "resolved", 5), ("8", "resolved", 1)]


async def test_a_dry_run_writes_nothing_and_the_import_goes_on_from_it(bringing: Bringing) -> None:
    bringing.shows(solved("7"))
    fetched = await bringing.fetch()
    found = preview(bringing.url, bringing.company.id, fetched, now=now(), progress=lambda _: None)
    assert found is not None
    assert (found.figures.cases, found.figures.mean_minutes) == (1, 240)
    assert bringing.sessions() == []
    bringing.shows()
    assert (await bringing.bring()).sessions == 1
    assert not fetched.spool.rows_file.parent.exists()


@pytest.mark.one_server
async def test_members_who_are_mapped_are_themselves_also_after_another_import_is_undone(
    bringing: Bringing, urls: DatabaseUrls
) -> None:
    company = bringing.company
    engineer = company.users[Role.ENGINEER]
    bringing.shows(solved("7"))
    company.query(
        "INSERT INTO psa_members (account_id, id, connection_id, external_id, name, is_active, user_id, seen_at)"
        " SELECT account_id, gen_random_uuid(), id, '2', 'Kim Berger', true, %s, now() FROM psa_connections"
        " RETURNING 1",
        engineer,
    )
    assert (await bringing.bring()).people_created == 1
    mine = "SELECT psa_ticket_id FROM ai_sessions WHERE user_id = %s"
    assert company.query(mine, engineer) == [("7",)]
    bringing.shows(solved("7", owner=None))
    await bringing.bring()
    run: UUID = list_runs(bringing.url, company.id)[0].id
    assert undo_import(urls.owner, company.id, run, now=now()).sessions_restored == 1
    assert company.query(mine, engineer) == [("7",)]


async def test_a_ticket_with_a_session_of_our_own_is_not_brought_and_what_differs_is_said(
    bringing: Bringing,
) -> None:
    company = bringing.company
    own = (
        "INSERT INTO ai_sessions (account_id, id, psa_ticket_id, status, last_activity_at)"
        " VALUES (%s, gen_random_uuid(), %s, 'active', now()) RETURNING id"
    )
    ((session_id,),) = company.query(own, company.id, "#7")
    company.query(
        "INSERT INTO psa_activity_logs (account_id, id, session_id, activity_type, hours_logged, created_at)"
        " VALUES (%s, gen_random_uuid(), %s, 'time_entry_posted', 0.75, now()) RETURNING 1",
        *(company.id, session_id),
    )
    bringing.shows(solved("7"), history("8"))
    fetched = await bringing.fetch()
    assert (fetched.tickets, fetched.own.tickets) == (1, 1)
    assert fetched.own.examples == ["7: open here, resolved there", "7: 45 min booked from here, 30 min there"]
    assert list(fetched_in_words(fetched))[:3] == [
        "Not brought again, because sessions of yours have them: 1 ticket.",
        "  In another state there: 1",
        "  With less time there than was booked from here: 1",
    ]
    await bringing.bring()
    assert bringing.sessions() == [("#7", "active", 0), ("8", "active", 0)]


async def test_a_ticket_that_cannot_be_used_is_left_out_and_named(bringing: Bringing) -> None:
    never = datetime(9999, 12, 31, tzinfo=UTC)
    bringing.shows(solved("7"), replace(solved("8"), closed_at=never), replace(history("9"), opened_at=never))
    fetched = await bringing.fetch()
    assert (fetched.tickets, [one.split(" is ")[0] for one in fetched.refused]) == (
        *(1, ["8: resolved_at", "9: at"]),
    )
    assert next(fetched_in_words(fetched)) == "Left out, because they cannot be used: 2 tickets."
    assert (await bringing.bring()).sessions == 1
