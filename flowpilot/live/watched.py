"""What an account's streams watch, and what they hear of it: how far sessions are, and who is where."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from flowpilot.live.listener import Key, Listener
from flowpilot.live.messages import LivePerson, presence_message, step_message
from flowpilot.live.queries import SessionState


class Watched:
    """The places that somebody watches, by id. A stream that watches none is neither asked nor woken."""

    def __init__(self) -> None:
        self._watchers = defaultdict[uuid.UUID, set[Listener]](set)
        self._of_queue = set[Listener]()
        self._states: dict[uuid.UUID, tuple[SessionState, bytes]] = {}
        self._present: dict[uuid.UUID, bytes] = {}

    def __bool__(self) -> bool:
        return bool(self._watchers or self._of_queue)

    @property
    def places(self) -> list[uuid.UUID]:
        """What is watched by its id: sessions and handoffs."""
        return list(self._watchers)

    def add(self, listener: Listener) -> None:
        """Begin to tell a stream."""
        for place in listener.watching:
            self._watchers[place].add(listener)
        if listener.watches_queue:
            self._of_queue.add(listener)

    def remove(self, listener: Listener) -> None:
        """End it, and forget what nobody watches any more."""
        for place in listener.watching:
            self._watchers[place].remove(listener)
            if not self._watchers[place]:
                del self._watchers[place]
                self._states.pop(place, None)
        self._of_queue.discard(listener)
        if not self:
            self._present.clear()

    def move(self, state: SessionState) -> None:
        """A session is that far now, or was: announcements and reads overtake each other."""
        id_ = state.session_id
        if id_ not in self._watchers or (id_ in self._states and state.version <= self._states[id_][0].version):
            return
        self._states[id_] = state, step_message(state)
        _wake(self._watchers[id_])

    def show(self, present: Mapping[uuid.UUID, Sequence[LivePerson]]) -> None:
        """Who is where now. If nobody watches any more, that is old by the time when somebody does again."""
        if not self:
            return
        messages = {place: presence_message(place, people) for place, people in present.items()}
        before, self._present = self._present, messages
        for place in before.keys() | messages:
            if before.get(place) != messages.get(place):
                _wake(self._of_queue | self._watchers.get(place, set()))

    def heard_by(self, listener: Listener) -> dict[Key, bytes]:
        """All that a stream should have heard by now."""
        places = self._present if listener.watches_queue else listener.watching & self._present.keys()
        heard: dict[Key, bytes] = {("presence", place): self._present[place] for place in places}
        for session_id in listener.watching & self._states.keys():
            heard["step", session_id] = self._states[session_id][1]
        return heard


def _wake(listeners: set[Listener]) -> None:
    for listener in listeners:
        listener.woken.set()
