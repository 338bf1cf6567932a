"""Pages in every state that has keys of its own, as they are served to somebody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.web.sessions.desk import Desk
from tests.web.sessions.states import make_states

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TAG = re.compile(r"<(?:form|textarea|select|input|summary|details|button|a)\b[^>]*>")
_SAID = re.compile(r'\b(?:value|href|aria-label)="[^"]*"')
_HELD = ("data-key", "<form", "<textarea", "<select", "<input", "<summary", "<details", 'type="submit"')

_PEOPLE = ("who began it", "who holds it", "a viewer")
_BESIDE = ("flow", "escalate", "verify", "note", "remove")
_ALONE = ("/", "/handoffs", "/handoffs?state=closed", "/notifications", "/flows")
_TO_WORK = ("/sessions/new", "/stopwatch")


@dataclass(frozen=True)
class Shown:
    """A page: whose it is and of what, where, and its text."""

    name: str
    path: str
    html: str

    @property
    def main(self) -> str:
        """What differs from page to page."""
        return self.html[self.html.index("<main") :]

    @property
    def kind(self) -> str:
        """What it has for hands, whatever is written on it: keys do the same on two pages of one kind."""
        tags = (tag for tag in _TAG.findall(self.main) if any(held in tag for held in _HELD))
        return _ID.sub("*", _SAID.sub("", "".join(tags)))


def shown_pages(desk: Desk) -> list[Shown]:
    """Pages of each state, to those who may do different things with it."""
    states = make_states(desk)
    [flow] = desk.client.get("/api/v1/flows?q=prints+nothing", headers=desk.company.headers()).json()["items"]
    preview = f"/flows/{flow['id']}/preview"
    alone = (*_ALONE, preview, f"{preview}?path=0", f"{preview}?path=0.0")
    shown: list[Shown] = []
    for who in _PEOPLE:
        reader = _Reader(desk, who)
        for state, session_id in states.items():
            shown += reader.of_session(state, session_id)
        shown += [reader.read(path, path) for path in (*alone, *(() if who == "a viewer" else _TO_WORK))]
    return shown


@dataclass(frozen=True)
class _Reader:
    desk: Desk
    who: str

    def read(self, name: str, path: str) -> Shown:
        answer = self.desk.client.get(path, headers=self.desk.people[self.who])
        assert answer.status_code == 200, path
        return Shown(f"{self.who}: {name}", path, answer.text)

    def of_session(self, state: str, session_id: str) -> Iterator[Shown]:
        path = f"/sessions/{session_id}"
        session = self.read(state, path)
        yield session
        for page in _BESIDE:
            if f'href="{path}/{page}"' in session.main:
                yield self.read(f"{state}, {page}", f"{path}/{page}")
        if handoff := re.search(r'href="(/handoffs/[-0-9a-f]+)"', session.main):
            yield self.read(f"{state}, its handoff", handoff[1])
