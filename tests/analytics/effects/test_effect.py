"""Whether a published proposal helped."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.analytics.effects.effect import effect
from flowpilot.analytics.effects.schemas import EffectOut
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company, at, run

PUBLISHED = at("2026-06-15 12:00")
DAY = timedelta(days=1)


def publish(company: Company) -> uuid.UUID:
    """A proposal of the domain Printing that was published."""
    flow = company.add("trees", name="Label printer", origin="manual")
    version = company.add("tree_versions", tree_id=flow, number=1, structure={}, published_at=PUBLISHED)
    return company.add(
        "flow_proposals",
        status="approved",
        domain="Printing",
        flow_id=flow,
        reviewed_at=PUBLISHED,
        published_version_id=version,
    )


def sessions(
    company: Company, count: int, begun: datetime, hours: float | None = 1, **about: Any
) -> list[uuid.UUID]:
    """Sessions an hour apart, each resolved after so many hours, and a little more than the one before."""
    known = {"problem_domain": "Printing", "confidence_tier": "discovery", **about}
    ids = []
    for moment in itertools.islice(itertools.count(), count):
        created = begun + timedelta(hours=moment)
        ended = None if hours is None else created + timedelta(hours=hours, minutes=moment)
        status = "active" if ended is None else "resolved"
        ids.append(company.add("ai_sessions", status=status, created_at=created, resolved_at=ended, **known))
    return ids


def effect_of(company: Company, proposal_id: uuid.UUID, as_of: datetime) -> EffectOut:
    """The effect as it is known at a moment."""

    async def read(database: Database) -> EffectOut:
        async with database.read(company.id) as db:
            return await effect(db, company.id, proposal_id, as_of)

    return run(company.urls, read)


def test_what_changed_is_told_with_its_interval(company: Company) -> None:
    proposal = publish(company)
    sessions(company, 30, PUBLISHED - 10 * DAY, hours=8)
    sessions(company, 30, PUBLISHED + DAY, hours=1, confidence_tier="guided")
    found = effect_of(company, proposal, PUBLISHED + 20 * DAY)
    assert (found.too_early, found.span_days, found.follow_up_days) == (None, 13.0, 7)
    assert (found.guided.before.value, found.guided.after.value, found.guided.verdict) == (0.0, 100.0, "better")
    low, high = found.guided.difference_ci95 or (None, None)
    assert low is not None
    assert (found.guided.difference, high) == (100.0, 100.0)
    assert 80 < low < 100
    times = found.time_to_resolution
    assert (times.before.value, times.after.value, times.verdict) == (494.0, 74.0, "better")


def test_more_handoffs_are_worse(company: Company) -> None:
    proposal = publish(company)
    sessions(company, 30, PUBLISHED - 10 * DAY)
    for number, session in enumerate(sessions(company, 30, PUBLISHED + DAY)):
        created = PUBLISHED + DAY + timedelta(hours=number)
        company.add("session_handoffs", session_id=session, created_at=created + timedelta(minutes=9))
    found = effect_of(company, proposal, PUBLISHED + 20 * DAY)
    assert (found.escalated.before.value, found.escalated.after.value, found.escalated.verdict) == (
        0,
        100,
        "worse",
    )


def test_what_stayed_the_same_has_no_clear_difference(company: Company) -> None:
    proposal = publish(company)
    sessions(company, 30, PUBLISHED - 10 * DAY)
    sessions(company, 30, PUBLISHED + DAY)
    found = effect_of(company, proposal, PUBLISHED + 20 * DAY)
    verdicts = {found.guided.verdict, found.escalated.verdict, found.time_to_resolution.verdict}
    assert verdicts == {"no_clear_difference"}


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (6, "Too early to tell: no session since has been watched for 7 days yet."),
        (8, "Too early to tell: 0 sessions since, of 20 that it takes."),
        (9, "Too early to tell: 1 session since, of 20 that it takes."),
    ],
)
def test_too_early_to_tell_is_an_answer(company: Company, days: int, reason: str) -> None:
    proposal = publish(company)
    sessions(company, 30, PUBLISHED - 2 * DAY)
    sessions(company, 1, PUBLISHED + DAY)
    found = effect_of(company, proposal, PUBLISHED + days * DAY)
    assert (found.too_early, found.guided.verdict) == (reason, "too_early")


def test_without_enough_sessions_before_nothing_is_said(company: Company) -> None:
    proposal = publish(company)
    sessions(company, 30, PUBLISHED + DAY)
    found = effect_of(company, proposal, PUBLISHED + 20 * DAY)
    assert found.too_early == "Too early to tell: 0 sessions before, of 20 that it takes."
    assert (found.guided.before.value, found.guided.difference, found.time_to_resolution.before.value) == (
        None,
    ) * 3


def test_every_session_is_watched_for_equally_long(company: Company) -> None:
    """What was resolved after a week counts as not resolved, before as well as after."""
    proposal = publish(company)
    sessions(company, 25, PUBLISHED - 10 * DAY, hours=24 * 8)
    sessions(company, 25, PUBLISHED + DAY, hours=24 * 8)
    found = effect_of(company, proposal, PUBLISHED + 30 * DAY)
    assert (found.time_to_resolution.before.value, found.time_to_resolution.after.value) == (None, None)


def test_only_its_domain_counts(company: Company) -> None:
    proposal = publish(company)
    sessions(company, 3, PUBLISHED + DAY, problem_domain="printing")
    sessions(company, 5, PUBLISHED + DAY, problem_domain="Mail")
    sessions(company, 5, PUBLISHED + DAY, problem_domain=None)
    assert effect_of(company, proposal, PUBLISHED + 20 * DAY).guided.after.n == 3


def test_what_was_not_published_has_no_effect(client: TestClient, company: Company) -> None:
    proposal = company.add("flow_proposals", status="pending", domain="Printing")
    url = f"/api/v1/analytics/flowpilot/proposals/{proposal}/effect"
    refused = client.get(url, headers=company.headers())
    assert (refused.status_code, refused.json()["type"].endswith("not-published")) == (409, True)


def test_the_api_answers(client: TestClient, company: Company, urls: DatabaseUrls) -> None:
    url = f"/api/v1/analytics/flowpilot/proposals/{publish(company)}/effect"
    answer = client.get(url, headers=company.headers())
    assert answer.status_code == 200
    assert (answer.json()["domain"], answer.json()["definitions"]) == ("Printing", ["proposal_effect"])
    assert client.get(url, headers=company.headers(Role.ENGINEER)).status_code == 403
