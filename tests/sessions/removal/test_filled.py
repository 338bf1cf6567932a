"""The texts of a flow in which a value was filled in are found, whatever else stands in braces there."""

import uuid

import pytest

from flowpilot.sessions.client_notes.models import NoteMode
from flowpilot.sessions.client_notes.notes import ClientNote
from flowpilot.sessions.following.followed import Followed
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.removal.filled import filled_texts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ping {{ host }} twice", "Ping monkey twice"),
        ("Run {{.Names}} on {{host}}", "Run {{.Names}} on monkey"),
        ("Ask {{ Host }} for {{host}} and {{user}}", "Ask {{ Host }} for monkey and Ann"),
    ],
)
def test_braces_of_a_command_are_no_field(text: str, said: str) -> None:
    followed = Followed(step_notes={(uuid.UUID(int=1), "a"): ClientNote(NoteMode.INSTEAD, text)})
    filled = AISessionStep(kind=StepKind.FILL, content={"field": "host", "value": "monkey"})
    found = filled_texts(followed, [filled])
    assert found is not None
    assert found.fullmatch(said)
    assert not found.search(said.replace("monkey", "lion"))
