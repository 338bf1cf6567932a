"""What is remembered for streams that watch."""

import uuid
from typing import cast

from flowpilot.live.audience import Audience
from flowpilot.live.listener import Listener
from flowpilot.live.messages import LivePerson, presence_message
from flowpilot.live.watched import Watched

PLACE = uuid.UUID(int=1)
KIM = LivePerson(user_id=uuid.UUID(int=2), name="Kim", state="reading")


def listener() -> Listener:
    """A stream that watches who is where; it is never followed, so it needs no audience."""
    return Listener(cast(Audience, None), "", None, ["queue"])


def test_who_was_where_is_forgotten_once_nobody_watches() -> None:
    watched, first, later = Watched(), listener(), listener()
    watched.add(first)
    watched.show({PLACE: [KIM]})
    assert watched.heard_by(first) == {("presence", PLACE): presence_message(PLACE, [KIM])}
    watched.remove(first)
    # What was being read meanwhile comes too late.
    watched.show({PLACE: [KIM]})
    watched.add(later)
    assert watched.heard_by(later) == {}
