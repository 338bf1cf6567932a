"""A session in which somebody types a word by mistake, and what comes of it."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, join
from tests.knowledge.proposals.loop import decide, proposals, run_analysis
from tests.sessions.flows import SESSIONS, post, take
from tests.sessions.postings.connected import Connected


def _text(word: str) -> str:
    return f"The admin password of the label printer is {word}, says the client"


PROBLEM = "Label printer feeds blank labels"


class SpilledSession:
    """A session in which somebody types the word, and what comes of it."""

    def __init__(self, client: TestClient, company: Company) -> None:
        self.client, self.company = client, company
        self.desk = Connected(client, company)
        self.desk.connect()
        self.desk.rules(
            posts_escalation=True, hold_minutes=10, ticket_url_template="https://desk.example/{ticket}"
        )
        # The tables are searched whole, and other tests write into them.
        self.word = f"Zebra{uuid.uuid4().hex[:12]}"
        self.text = _text(self.word)
        self.session_id, self.step_id, self.handoff_id = "", "", ""
        self.step: dict[str, Any] = {}

    async def tell(self, database: Database) -> None:
        """All of it."""
        problem = f"{PROBLEM}: {self.text}"
        about = {"problem_summary": problem, "problem_body": f"Hello,\n{problem}", "psa_ticket_id": "4711"}
        self.session_id = self._ask("", about, key="start")["id"]
        self._write()
        self._try_a_fix()
        self._escalate()
        self._work()
        await run_analysis(self.company, database)
        self._propose()
        self._send()

    def _ask(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """A request that is repeated with its key."""
        headers = self.company.headers(Role.ENGINEER) | {"Idempotency-Key": key}
        for _ in range(2):
            answer = self.client.post(f"{SESSIONS}{path}", headers=headers, json=body)
            assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def _write(self) -> None:
        self.step = {"free_text": self.text, "attachments": [self._upload(f"{self.text}.log")]}
        state = self._ask(f"/{self.session_id}/steps", self.step, key="step")
        self.step_id = state["steps"][-1]["id"]
        steps = f"{self.session_id}/steps/{self.step_id}"
        assert post(self.client, self.company, f"{steps}/correct", text=f"{self.text}.\nTwice").status_code == 200
        assert post(self.client, self.company, f"{steps}/correct", text=self.text).status_code == 200
        take(self.client, self.company, self.session_id, free_text=f"Signed in: {self.text}")
        said = {"action": "Sign in", "why": f"with {self.word}", "expected": "It works", "source": "ai"}
        self.company.add(
            "ai_session_suggestions", session_id=self.session_id, position=9, content={"steps": [said]}
        )
        became = {"result": "dismissed", "reason": "wrong", "source": "ai", "index": 1, "at": datetime.now(UTC)}
        self.company.add(
            "suggestion_outcomes",
            session_id=self.session_id,
            action=f"Try {self.word}",
            note=self.text,
            **became,
        )

    def _upload(self, name: str) -> str:
        # A browser sends each upload with a key.
        headers = self.company.headers(Role.ENGINEER) | {"Idempotency-Key": uuid.uuid4().hex}
        # Bytes are not searched: a file is removed by itself, or with its step.
        sent = {"file": (name, b"event 41\n")}
        answer = self.client.post("/api/v1/attachments", files=sent, headers=headers)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made

    def _try_a_fix(self) -> None:
        """Two fixes that did not help, and a notice of the second."""
        later = (now() + timedelta(days=1)).isoformat()
        said: dict[str, Any] = {"waiting_for": f"this: {self.text}", "look_again_at": later}
        for fix in ("First", "Second"):
            path, body = f"{self.session_id}/verify", {"fix": f"{fix}: {self.text}", **said}
            assert post(self.client, self.company, path, **body).status_code == 200
            note = {"note": f"No. {self.text}"}
            assert post(self.client, self.company, f"{path}/fail", Role.ENGINEER, **note).status_code == 200
        notice = {"kind": "look_again", "name": "X", "reason": f"Waiting for: {self.text}."}
        session_id, engineer = uuid.UUID(self.session_id), self.company.users[Role.ENGINEER]
        self.company.add("notifications", user_id=engineer, route_id=session_id, content=notice)

    def _escalate(self) -> None:
        reason = {
            "reason": f"No rights. {self.text}",
            "note": f"Perhaps not. {self.text}",
            "tried": f"To sign in. {self.text}",
            "attachments": [self._upload(f"Of the handoff, {self.text}.log")],
        }
        made = self._ask(f"/{self.session_id}/handoffs", reason, key="handoff")
        self.handoff_id = made["id"]
        by_ai = made["assessment"] | {"summary": f"They know that {self.word} opens it.", "source": "ai"}
        self.company.query("UPDATE session_handoffs SET assessment = %s::jsonb RETURNING 1", json.dumps(by_ai))
        self.ann = join(self.client, self.company, "Ann")
        done(act(self.client, made, "claim", self.ann.headers))
        done(act(self.client, made, "release", self.ann.headers, reason=f"Seen. {self.text}"))
        done(act(self.client, made, "claim", self.ann.headers))

    def _work(self) -> None:
        self.company.add(
            "handoff_questions",
            handoff_id=uuid.UUID(self.handoff_id),
            asked_by=self.ann.id,
            question=f"Is this right? {self.text}",
            answer=self.text,
            answered_by=self.ann.id,
            answered_at=now(),
        )
        for text in ("Cleaned the label sensor with compressed air", "Changed the roll of labels"):
            answer = self.client.post(
                f"{SESSIONS}/{self.session_id}/steps", json={"free_text": text}, headers=self.ann.headers
            )
            assert answer.status_code == 201
        [posting] = self.desk.postings(self.session_id)
        path = f"/api/v1/psa/postings/{posting['id']}"
        self.desk.ask("PATCH", path, {"text": f"Read by hand. {posting['text']}"})
        solved = {"outcome": "resolved", "note": f"Ran the media calibration. {self.text}"}
        done(act(self.client, {"id": self.handoff_id}, "close", self.ann.headers, **solved))

    def _propose(self) -> None:
        [proposal] = proposals(self.client, self.company)
        edited = decide(self.client, self.company, proposal["id"], "edit")
        assert edited.status_code in {200, 201}, edited.text
        task = {"before": self.text, "after": f"Use {self.word}."}
        self.company.query(
            "INSERT INTO ai_tasks (account_id, id, task, proposal_id, status, changes, asked_by) "
            "VALUES (%s, %s, 'word', %s, 'done', %s::jsonb, %s) RETURNING 1",
            self.company.id,
            new_id(),
            uuid.UUID(proposal["id"]),
            json.dumps([task]),
            self.company.users[Role.OWNER],
        )

    def _send(self) -> None:
        """The note of the escalation has gone out, and so has an e-mail."""
        self.company.query(
            "UPDATE psa_posting_steps SET state = 'failed', external_id = '99', reason = %s "
            "WHERE posting_id = (SELECT id FROM psa_postings WHERE occasion = 'escalated') RETURNING 1",
            f"The server answered: {self.text}",
        )
        [(event,)] = self.company.query("SELECT id FROM handoff_events WHERE kind = 'released'")
        self.company.query(
            "INSERT INTO notification_deliveries (account_id, id, kind, event_id, user_id, status, sent_at, "
            "last_attempt_at) VALUES (%s, %s, 'email', %s, %s, 'sent', now(), now()) RETURNING 1",
            self.company.id,
            new_id(),
            event,
            self.ann.id,
        )

    def remove(self, **body: Any) -> dict[str, Any]:
        path = f"{self.session_id}/steps/{self.step_id}/remove"
        # Several people wrote the word, so only a team admin, or who holds the session, removes it everywhere.
        answer = post(self.client, self.company, path, Role.TEAM_ADMIN, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
