"""An account in which every text is one long word: what somebody pastes from a log, a path or an address."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from tests.company import PASSWORD, Company, found_company

WORD = ("Unbreakable" * 19)[:200]
_LABEL = "unbreakable" * 5

_CHOICES = [{"label": WORD, "next": "do"}, {"label": "No" + WORD[2:], "next": "hand_over"}]
_FLOW: dict[str, Any] = {
    "name": WORD,
    "category": WORD,
    "description": WORD,
    "keywords": [WORD, "Another" + WORD[7:]],
    "tree": {
        "root": "ask",
        "nodes": {
            "ask": {"kind": "question", "text": WORD, "help": WORD, "choices": _CHOICES},
            "do": {
                "kind": "instruction",
                "text": WORD,
                "help": WORD,
                "outcomes": [{"label": WORD, "next": "done"}, {"label": "No" + WORD[2:], "next": "hand_over"}],
            },
            "done": {"kind": "resolution", "text": WORD},
            "hand_over": {"kind": "escalation", "text": WORD},
        },
    },
}


@dataclass(frozen=True)
class LongWords:
    """Who may sign in there, and the addresses of its pages. `own_pages`: of what the engineer wrote."""

    owner: str
    engineer: str
    pages: list[str]

    @property
    def own_pages(self) -> list[str]:
        """The sessions and handoffs of the engineer."""
        return [page for page in self.pages if page.startswith(("/sessions/0", "/handoffs/0"))]


class _Person:
    """A member, at the API."""

    def __init__(self, http: httpx2.Client, email: str) -> None:
        self.email = email
        self._http = http
        answer = http.post("/auth/token", data={"username": email, "password": PASSWORD}).raise_for_status()
        self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.id = http.get("/auth/me", headers=self._headers).raise_for_status().json()["user_id"]

    def send(self, path: str, method: str = "POST", **body: Any) -> Any:
        """What the API answers."""
        answer = self._http.request(method, path, json=body, headers=self._headers).raise_for_status()
        return answer.json() if answer.content else None


def write_long_words(url: str, urls: DatabaseUrls) -> LongWords:
    """Create the account and fill it, through the API where there is one."""
    company = found_company(urls)
    email = f"owner-{company.id}@{_LABEL}.example"
    company.add_person(email, Role.OWNER)
    with httpx2.Client(base_url=f"{url}/api/v1", timeout=60) as http:
        owner = _Person(http, email)
        engineer, senior = (_join(http, owner, company, role) for role in (Role.ENGINEER, Role.TEAM_ADMIN))
        return LongWords(email, engineer.email, _write(company, owner, engineer, senior))


def _write(company: Company, owner: _Person, engineer: _Person, senior: _Person) -> list[str]:
    flow_id = owner.send("/flows", **_FLOW)["id"]
    owner.send(f"/flows/{flow_id}/publish")
    owner.send(f"/flows/{flow_id}/draft", "PUT", **_FLOW | {"description": WORD[::-1]})
    connection_id = _connect(company, owner)
    sessions = _work(company, engineer, senior, flow_id)
    pages = [
        f"/flows/{flow_id}{page}" for page in ("", "/versions", "/versions/1?to=2", "/edit", "/canvas", "/preview")
    ]
    channel = f"/settings/notifications/channels/{_settings(owner)}"
    return [*pages, channel, *sessions, *_postings(company, owner), *_clients(owner, connection_id, flow_id)]


def _join(http: httpx2.Client, owner: _Person, company: Company, role: Role) -> _Person:
    email = f"{role}-{company.id}@{_LABEL}.{_LABEL}.example"
    token = owner.send("/invitations", email=email, role=role, name=WORD)["token"]
    owner.send("/invitations/accept", token=token, name=WORD, password=PASSWORD)
    return _Person(http, email)


def _connect(company: Company, owner: _Person) -> str:
    """Connect a ticket system, whose postings wait until somebody sends them."""
    said: dict[str, Any] = {"name": WORD, "base_url": f"https://{_LABEL}.{_LABEL}.example", "credentials": {}}
    connection_id: str = owner.send("/psa/connections", provider="console", **said)["id"]
    owner.send("/psa/rules", "PATCH", waits_for_person=True, client_greeting=WORD, client_signature=WORD)
    member = {"external_id": WORD, "name": WORD, "email": f"there@{_LABEL}.{_LABEL}.example"}
    company.add("psa_members", connection_id=connection_id, is_active=True, seen_at=now(), **member)
    return connection_id


def _postings(company: Company, owner: _Person) -> list[str]:
    """One posting has failed, and another can be edited; returns their addresses."""
    failed, held = (one["id"] for one in owner.send("/psa/postings?limit=2", "GET")["items"])
    owner.send(f"/psa/postings/{held}", "PATCH", text=WORD)
    why = "state = 'failed', reason = %s"
    company.query(f"UPDATE psa_posting_steps SET {why} WHERE posting_id = %s RETURNING 1", WORD, failed)
    company.query(f"UPDATE psa_postings SET {why}, due_at = NULL WHERE id = %s RETURNING 1", WORD, failed)
    return [f"/postings/{failed}", f"/postings/{held}", f"/postings?ticket={WORD}", f"/postings?ticket={WORD}x"]


def _clients(owner: _Person, connection_id: str, flow_id: str) -> list[str]:
    """The client of all sessions, with all that it can have; returns the addresses of its pages."""
    client: str = owner.send("/clients", "GET")["items"][0]["id"]
    owner.send(f"/clients/{client}", "PATCH", notes=WORD)
    owner.send(f"/clients/{client}/aliases", name="Alias" + WORD[5:])
    company = {"connection_id": connection_id, "external_id": WORD, "name": WORD}
    owner.send(f"/clients/{client}/companies", "PUT", **company)
    owner.send(f"/flows/{flow_id}/nodes/ask/client-notes/{client}", "PUT", text=WORD)
    merged = owner.send("/clients", name="Merged" + WORD[6:], notes=WORD)["id"]
    owner.send(f"/clients/{merged}/merge", into=client)
    other = owner.send("/clients", name="Other" + WORD[5:], notes=WORD)["id"]
    merge = f"/clients/{client}/merge"
    return [f"/clients/{client}", f"/clients/{merged}", f"{merge}?q=", f"{merge}?q=&into={other}"]


def _settings(owner: _Person) -> str:
    """Long names for everything in settings; returns the id of a channel."""
    owner.send("/account", "PATCH", name=WORD)
    owner.send("/api-keys", name=WORD, role="viewer")
    owner.send("/invitations", email=f"later@{_LABEL}.{_LABEL}.example", role="viewer", name=WORD)
    baseline = owner.send("/baselines", seconds=100, note=WORD, problem_domain=WORD)["id"]
    owner.send(f"/baselines/{baseline}/exclude", reason=WORD)
    owner.send("/baselines", seconds=100, note=WORD, problem_domain=WORD)
    running = owner.send("/baselines/start", note=WORD, problem_domain=WORD)["id"]
    owner.send(f"/baselines/{running}/stop")
    owner.send("/baselines/start", note=WORD, problem_domain=WORD)
    address = f"https://{_LABEL}.{_LABEL}.example/{WORD}"
    owner.send("/notification-channels", kind="slack", name=WORD, url=address, mine=True)
    channel: str = owner.send("/notification-channels", kind="webhook", name=WORD, url=address)["id"]
    return channel


def _work(company: Company, engineer: _Person, senior: _Person, flow_id: str) -> list[str]:
    """Sessions and handoffs in every state; returns their addresses."""
    about = {"problem_summary": WORD, "problem_domain": WORD, "psa_ticket_id": WORD, "client_name": WORD}

    def begin(*steps: dict[str, str], **more: str) -> str:
        session: str = engineer.send("/ai-sessions", **about | {"flow_id": flow_id} | more)["id"]
        for step in steps:
            engineer.send(f"/ai-sessions/{session}/steps", **step)
        return session

    def hand_over(session: str, **to: str) -> str:
        why = {"reason": WORD, "tried": WORD, "note": WORD, "priority": "urgent", **to}
        handoff: str = engineer.send(f"/ai-sessions/{session}/handoffs", **why)["id"]
        return handoff

    answer, outcome, text = {"choice": WORD}, {"outcome": WORD, "note": WORD}, {"free_text": WORD}
    asking, answered = begin(text), begin(answer, text)
    alone, idle, over = begin(), begin(text), begin({"choice": "No" + WORD[2:]})
    solved = begin(answer, outcome, psa_ticket_id=f"solved{WORD[6:]}")
    engineer.send(f"/ai-sessions/{alone}/flow", flow_id=None)
    engineer.send(f"/ai-sessions/{alone}/steps", **text)
    engineer.send(f"/ai-sessions/{solved}/resolve", summary=WORD)
    engineer.send(f"/ai-sessions/{solved}/rating", rating=5, comment=WORD)
    engineer.send(f"/ai-sessions/{idle}/abandon", reason=WORD)

    # One for anybody: everybody who can claim is notified.
    everybodys = hand_over(begin(answer, text))
    waiting, claimed, returned, closed = (
        hand_over(begin(answer, text), target_user_id=senior.id) for _ in range(4)
    )
    for handoff in (claimed, returned, closed):
        senior.send(f"/handoffs/{handoff}/claim")
    senior.send(f"/handoffs/{returned}/release", reason=WORD)
    senior.send(f"/handoffs/{closed}/close", outcome="returned", note=WORD)
    acted = senior.send(f"/handoffs/{hand_over(over)}/claim")
    senior.send(f"/ai-sessions/{over}/steps", **text)

    company.add("psa_post_logs", ai_session_id=solved, ticket_id=WORD, external_id=WORD, status="failed")
    company.add("psa_activity_logs", session_id=solved, activity_type="time_entry_posted", hours_logged=1)
    company.add("flow_proposals", source_session_id=solved, content={"name": WORD})
    sessions = [asking, answered, alone, solved, idle, over]
    return [
        *(f"/sessions/{session}" for session in sessions),
        *(f"/sessions/{asking}/{page}" for page in ("note", "preview", "flow", "escalate", "verify", "similar")),
        f"/sessions/{solved}/preview",
        *_prove_and_ask(engineer, senior, begin(answer, text), claimed),
        f"/sessions/new?ticket=solved{WORD[6:]}&client={WORD}&text={WORD}",
        f"/tickets/context?ticket=solved{WORD[6:]}&session={solved}",
        *(f"/handoffs/{handoff}" for handoff in (everybodys, waiting, claimed, returned, closed, acted["id"])),
        f"/sessions?q={WORD}",
        f"/flows?q={WORD}x",
        f"/sessions/{WORD}",
    ]


def _prove_and_ask(engineer: _Person, senior: _Person, session: str, handoff: str) -> list[str]:
    """A fix that has to prove itself, and two questions about a handoff; returns the addresses of the session."""
    look_again_at = (now() + timedelta(days=1)).isoformat()
    fix = {"fix": WORD, "waiting_for": WORD, "look_again_at": look_again_at}
    step = engineer.send(f"/ai-sessions/{session}/verify", **fix)["steps"][-1]["id"]
    question = senior.send(f"/handoffs/{handoff}/questions", question=WORD)["questions"][0]["id"]
    engineer.send(f"/handoffs/{handoff}/questions/{question}/answer", answer=WORD)
    senior.send(f"/handoffs/{handoff}/questions", question=WORD)
    return [f"/sessions/{session}{page}" for page in ("", "/verify", f"/steps/{step}/removal")]
