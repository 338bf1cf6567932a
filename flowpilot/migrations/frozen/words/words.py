"""The words by which a session was found: as of revision 0066, which keeps them.

It stays as it is, whatever becomes of the product's own: every database is migrated alike. What the product keeps
otherwise by now, `flowpilot db reconcile` mends.
"""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flowpilot.migrations.frozen.words.standing import standing
from flowpilot.migrations.frozen.words.steps import Step, text_key

_MAX_WORDS, _MAX_LETTERS = 8_000, 32
_TYPED = {ord(one): "'" for one in "\u2018\u2019\u201a\u201b"} | {
    ord(one): '"' for one in "\u201c\u201d\u201e\u201f"
}
_TYPED |= {ord(one): "-" for one in "\u2010\u2011\u2012\u2013\u2014"}
_WIDTHLESS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff]"
)
_WHOLE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"})
_SINGLE = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_SINGLE}]|[^\\W_{_SINGLE}]+")

_WRITTEN = {"fill": ("value",), "waive": ("reason",), "correct": ("text",), "fix": ("text", "waiting_for")}
_NEVER_WRITTEN = frozenset({"node", "next", "flow", "removed", "attachments"})


class Session(NamedTuple):
    """A session, without what no word depends on."""

    id: uuid.UUID
    user_id: uuid.UUID | None
    problem_summary: str
    problem_body: str
    psa_ticket_id: str | None
    client_id: uuid.UUID | None


def words_of(session: Session, steps: Sequence[Step]) -> str:
    """What is kept of a session: the words of its texts, and the ids of its client and its people."""
    said = [text for step in standing(steps) for text in _written(step)]
    texts = [*filter(None, (session.problem_summary, session.problem_body, session.psa_ticket_id)), *said]
    ids = {session.client_id, session.user_id, *(step.actor_id for step in steps)} - {None}
    return " ".join([*sorted(str(one) for one in ids), *_words_in(texts)][:_MAX_WORDS])


def _written(step: Step) -> list[str]:
    keys = _WRITTEN.get(step.kind) or tuple(filter(None, [text_key(step)]))
    if step.kind == "outcome" and {"node", "suggestion", "fix"}.isdisjoint(step.content):
        keys = ("instruction", "outcome")
    keys = tuple(dict.fromkeys([*keys, *_columns_of_log(step)]))
    return [str(step.content[name]) for name in keys if step.content.get(name)]


def _columns_of_log(step: Step) -> tuple[str, ...]:
    if step.kind != "note" or "node" in step.content:
        return ()
    return tuple(name for name in step.content if name not in _NEVER_WRITTEN)


def _words_in(texts: Iterable[str]) -> list[str]:
    found = (word[:_MAX_LETTERS] for text in texts for word in _WORD.findall(_plain(text)))
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    same = _folded(text)
    if same.isascii():
        return same
    return "".join(one for one in same.translate(_WHOLE) if not unicodedata.combining(one))


def _folded(text: str) -> str:
    if text.isascii():
        return _WIDTHLESS.sub("", text).lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    same = unicodedata.normalize("NFKD", decomposed).replace("i\u0307", "i").translate(_TYPED)
    return _WIDTHLESS.sub("", same)
