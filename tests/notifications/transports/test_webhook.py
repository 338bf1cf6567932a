"""Webhooks: what is posted, and how the receiver verifies its sender."""

import json
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from flowpilot.clock import now
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from flowpilot.notifications.channels import service as channels
from flowpilot.notifications.models import ChannelKind
from tests.notifications.desk import PROBLEM, REASON, Desk
from tests.outgoing.servers import Received, Receiver

pytestmark = pytest.mark.anyio


async def _posted(desk: Desk, hooks: Receiver) -> tuple[Received, str]:
    """What a webhook of the account gets for an escalation, and its secret."""
    _, secret = await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    assert secret is not None
    await desk.escalates()
    await desk.work()
    [request] = hooks.requests
    return request, secret


async def test_the_signature_verifies(desk: Desk, hooks: Receiver) -> None:
    request, secret = await _posted(desk, hooks)
    assert Webhook(secret).verify(request.body, request.headers) == json.loads(request.body)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp"])
async def test_a_tampered_message_does_not_verify(desk: Desk, hooks: Receiver, changed: str) -> None:
    request, secret = await _posted(desk, hooks)
    headers = request.headers | {
        "webhook-id": request.headers["webhook-id"] + "x" * (changed == "webhook-id"),
        "webhook-timestamp": str(int(request.headers["webhook-timestamp"]) + (changed == "webhook-timestamp")),
    }
    body = request.body + b" " * (changed == "body")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


async def test_a_renewed_secret_takes_the_place_of_the_old_one(desk: Desk, hooks: Receiver) -> None:
    channel, old = await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    async with desk.database.write(desk.company.id) as db:
        new = await channels.renew_secret(db, desk.actor(), channel, desk.settings, now())
    assert old is not None
    await desk.escalates()
    await desk.work()
    [request] = hooks.requests
    Webhook(new).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(request.body, request.headers)


async def test_the_body_says_what_has_happened(desk: Desk, hooks: Receiver) -> None:
    owner, engineer = (desk.company.users[role] for role in (Role.OWNER, Role.ENGINEER))
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    handoff = desk.escalated(target_user_id=owner, note="Ask me first")
    await desk.happens(handoff, HandoffEventKind.CREATED, Role.ENGINEER)
    await desk.with_settings(public_url="https://desk.example/fp/").work()
    [request] = hooks.requests
    body = json.loads(request.body)
    [(delivery, happened, escalated, session)] = desk.company.query(
        "SELECT d.id, e.created_at, h.created_at, h.session_id FROM notification_deliveries d "
        "JOIN handoff_events e ON e.id = d.event_id JOIN session_handoffs h ON h.id = e.handoff_id"
    )

    def moment(value: Any) -> str:
        return str(value.isoformat()).replace("+00:00", "Z")

    assert body == {
        "id": str(delivery),
        "type": "handoff.created",
        "timestamp": moment(happened),
        "account_id": str(desk.company.id),
        "actor": {"id": str(engineer), "name": "engineer"},
        "text": f"engineer needs help with “{PROBLEM}”.",
        "handoff": {
            "id": str(handoff),
            "reason": REASON,
            "note": "Ask me first",
            "priority": "high",
            "created_at": moment(escalated),
            "created_by": {"id": str(engineer), "name": "engineer"},
            "target": {"id": str(owner), "name": "owner"},
            "claimed_by": None,
            "claimed_at": None,
            "first_action_at": None,
            "claimant_action_at": None,
            "closed_at": None,
            "outcome": None,
            "url": f"https://desk.example/fp/handoffs/{handoff}",
        },
        "session": {
            "id": str(session),
            "status": "requesting_escalation",
            "problem_summary": PROBLEM,
            "problem_domain": None,
            "psa_ticket_id": "T-1001",
            "client_name": None,
        },
    }
    assert request.headers["webhook-id"] == str(delivery)
    assert request.headers["content-type"] == "application/json"


async def test_a_test_message_is_signed_and_says_that_it_is_one(desk: Desk, hooks: Receiver) -> None:
    channel, secret = await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    assert secret is not None
    async with desk.database.write(desk.company.id) as db:
        delivery = await channels.test_channel(db, desk.actor(), channel, now())
    await desk.work()
    [request] = hooks.requests
    body = Webhook(secret).verify(request.body, request.headers)
    assert (body["id"], body["type"], body["handoff"]) == (str(delivery), "channel.test", None)
    assert desk.log("id", "status", "event_id") == [(delivery, "sent", None)]


async def test_slack_and_teams_get_no_signature(desk: Desk, hooks: Receiver) -> None:
    for kind in (ChannelKind.SLACK, ChannelKind.TEAMS):
        assert (await desk.channel(kind, hooks.url()))[1] is None
    await desk.escalates()
    await desk.work()
    assert len(hooks.requests) == 2
    assert not any("webhook-signature" in request.headers for request in hooks.requests)
    kinds = sorted(next(iter(json.loads(request.body))) for request in hooks.requests)
    assert kinds == ["text", "type"]


async def test_an_address_is_posted_to_with_its_path_and_query_which_are_written_down_nowhere(
    desk: Desk, hooks: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    hooks.will_answer(500, 200, 404)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    _, secret = await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert {request.path for request in hooks.requests} == {"/services/T0/SECRETPATH?key=SECRETQUERY"}
    written = [caplog.text]
    for table in ("notification_channels", "notification_deliveries", "audit_log", "idempotency_keys"):
        written += [row[0] for row in desk.company.query(f"SELECT row_to_json(t)::text FROM {table} t")]
    sealed = "SELECT convert_from(url_encrypted || coalesce(secret_encrypted, ''), 'SQL_ASCII') FROM "
    written += [row[0] for row in desk.company.query(sealed + "notification_channels")]
    assert secret is not None
    for word in ("SECRETPATH", "SECRETQUERY", "/services", secret, secret.removeprefix("whsec_")):
        assert not any(word in text for text in written), word
