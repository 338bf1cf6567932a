"""A message that went out is known by its words, whatever signs they have."""

import pytest

from flowpilot.notifications.messages import Message
from flowpilot.notifications.removal import texts_of
from flowpilot.sessions.removal.words import Words

SAID = """it's the "admin" pw don't-tell-1 on C:\\new\xa0host"""


@pytest.mark.parametrize("phrase", ["don't-tell-1", '"admin" pw', "C:\\new", "new host", SAID])
@pytest.mark.parametrize("message", [Message(SAID, ""), Message("", SAID), Message("", "", (("Reason", SAID),))])
def test_words_are_found_in_each_part_of_a_message(message: Message, phrase: str) -> None:
    assert Words([phrase], is_whole=False).are_in(texts_of(message))
