"""Words that are removed for good, in any value that a table holds. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import normalize

from flowpilot.attachments.schemas import ERASED
from flowpilot.sessions.removal.forms import is_structural
from flowpilot.sessions.removal.pattern import LEAST, Pattern
from flowpilot.text import folded

# What is no word of everyday language: letters with digits or signs among them, or a long number.
_SECRET = re.compile(r"(?=.*[^\W\d_])(?=.*[\d@#$%^&*!?=+~|<>\\{}\[\]_]).{6,}|\d{6,}")

# By these, reports and pages name what many sessions share: a word is not cut out of them.
_NAMES = frozenset(("domain", "problem_domain", "client", "client_name", "ticket", "psa_ticket_id"))

# Where the product wrote what it reads itself, and no words of anybody. Most of it is known by its form, too.
_STRUCTURE = frozenset(
    (
        *("id", "kind", "status", "state", "type", "priority", "source", "mode", "tier", "allowed", "at", "by"),
        *("node", "next", "root", "flow", "flow_id", "version_id", "left", "left_version", "follows", "through"),
        *("step", "also", "item", "session_id", "session_status", "from_status", "to_status", "confidence_tier"),
        *("fix", "suggestion", "field", "text_name", "path", "url", "zone", "timezone"),
    )
)

# Where people write: what stands there has words, though all of it may have the form of an id or of a day.
_WORDS = frozenset(
    (
        *(
            "text",
            "note",
            "choice",
            "instruction",
            "value",
            "reason",
            "waiting_for",
            "free_text",
            "comment",
            "tried",
        ),
        *("problem", "problem_summary", "problem_body", "opinion", "answer", "action", "why", "expected"),
        *(
            "title",
            "name",
            "label",
            "summary",
            "description",
            "help",
            "client_note",
            "before",
            "after",
            "last_step",
        ),
    )
)
_ENDS = " .:;,!?"


@dataclass(frozen=True, slots=True)
class Place:
    """What the copies of a step are: `goes` if all its words do, `flows` names what a flow says in them.

    `is_others`: others wrote it, and who removes words may do so only from what they wrote themselves.
    `said`: the names in its content of what a person wrote. They hold words, though a log may call one `state`.
    """

    goes: bool = False
    flows: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    is_others: bool = False


_ANYWHERE = Place()


class Words:
    """The words to overwrite, in any value that a table holds.

    Args:
        texts: the words, in all their wordings.
        is_whole: they are all of what a person wrote. One that others may have written by chance, such as "Turned
            it off and on" or `KB5034441`, is overwritten in copies of its own step alone.
        files: ids of files that go with them, whose names are overwritten where they are named.
        places: of the session's steps, by `id_of` and `moment_of`.
        filled: finds texts of flows in which the words were filled in, which are overwritten there in any case.
    """

    def __init__(
        self,
        texts: Collection[str],
        *,
        is_whole: bool,
        files: Collection[str] = (),
        places: Mapping[str, Place] | None = None,
        filled: re.Pattern[str] | None = None,
    ) -> None:
        said = {" ".join(folded(text).split()) for text in texts}
        # A phrase is looked for as it was given, first: what a password ends with belongs to it.
        wanted = {text.rstrip(_ENDS) for text in said} | (set() if is_whole else said)
        own = sorted(wanted - {""}, key=len, reverse=True)
        long = [text for text in own if len(normalize("NFC", text)) >= LEAST]
        found = [text for text in long if not is_whole or is_distinctive(text)]
        self._files, self._places, self._filled = frozenset(files), places or {}, filled
        # A phrase is found within words, too. A sentence is not: `Restarted PC-0412` is not about PC-04123.
        self._anywhere = Pattern(found, found if is_whole else ())
        self._own = Pattern(own, own) if is_whole else self._anywhere
        self.are_all_distinctive = len(found) == len(own)

    def clean(self, value: Any, at: str | None = None) -> Any:
        """The value without the words; the same value if it has none of them.

        Args:
            value: of a table.
            at: the key of the step that it is a copy of, if it is known to be one.
        """
        return self._clean(value, self._places.get(at or "", _ANYWHERE))

    def clean_own(self, value: Any) -> Any:
        """The same, of what is known to be a copy of a step whose words are all removed."""
        return self._clean(value, Place(goes=True))

    def clean_name(self, value: str | None) -> str | None:
        """A name of what many sessions share, such as a domain: it goes only if all of it is the words."""
        return value if value is None else self._anywhere.clean_name(value)

    def are_in(self, value: Any, at: str | None = None) -> bool:
        """Whether the value has any of them."""
        return bool(self.clean(value, at) != value)

    def are_said_in(self, text: str) -> bool:
        """Whether a text that nobody has cut off says any of them. It takes far less time than `are_in`."""
        return self._anywhere.is_in(text)

    def _clean(self, value: Any, place: Place) -> Any:
        if place.is_others:
            return value
        if isinstance(value, str):
            return self._clean_text(value, self._own if place.goes else self._anywhere)
        if isinstance(value, list):
            return [self._clean(one, place) for one in value]
        if isinstance(value, Mapping):
            return self._members(value, self._places.get(_key_in(value), place))
        return value

    def _member(self, value: Any, place: Place, *, is_kept: bool, is_said: bool) -> Any:
        """What stands under a name: a text, or several of them in a list."""
        if isinstance(value, list):
            return [self._member(one, place, is_kept=is_kept, is_said=is_said) for one in value]
        if isinstance(value, str) and (is_kept or (not is_said and is_structural(value))):
            return value
        return self._clean(value, place)

    def _clean_text(self, text: str, pattern: Pattern) -> str:
        if self._filled is not None:
            text = self._filled.sub(lambda found: self._own.clean(found[0]), text)
        return pattern.clean(text)

    def _members(self, whole: Mapping[str, Any], place: Place) -> dict[str, Any]:
        if whole.get("id") in self._files:
            return _erased(whole)
        # A step as the API gives it has its content in a member; elsewhere the whole is the content.
        is_around = isinstance(whole.get("content"), Mapping)
        said = frozenset() if is_around else place.said
        kept = _STRUCTURE - said | place.flows
        if {"name", "label"} <= whole.keys():
            # A field of a flow, which its texts name.
            kept |= {"name"}
        inside = replace(place, said=frozenset())
        names = _NAMES - place.said

        def clean(name: str, value: Any) -> Any:
            if isinstance(value, str) and name in names:
                return self.clean_name(value)
            at = place if is_around and name == "content" else inside
            return self._member(value, at, is_kept=name in kept, is_said=name in _WORDS | said)

        return {name: clean(name, value) for name, value in whole.items()}


def is_distinctive(text: str) -> bool:
    """Whether nobody else writes the same by chance: it has several words, and one is none of everyday language.

    `Signed in with hunter2` is; `Turned it off and on` is not. Nor is `hunter2`: it may be a code such as
    `KB5034441`, which everybody writes.
    """
    return len(text.split()) > 1 and bool(secrets_in(text))


def secrets_in(text: str) -> list[str]:
    """The words of a text that are none of everyday language."""
    words = (word.strip(_ENDS) for word in normalize("NFC", text).split())
    return [word for word in words if _SECRET.fullmatch(word)]


def id_of(step_id: object) -> str:
    """The key of a step in what names it by its id."""
    return str(step_id)


def moment_of(at: object, by: object) -> str:
    """The key of a step in what says when it was taken, and by whom."""
    return f"{at} {by}"


def _erased(file: Mapping[str, Any]) -> dict[str, Any]:
    """A file as it is named from now on: it was no picture, so nobody asks for a small one."""
    kept = {name: value for name, value in file.items() if name not in {"width", "height"}}
    return kept | ERASED | ({"thumbnail_url": None} if "thumbnail_url" in kept else {})


def _key_in(whole: Mapping[str, Any]) -> str:
    return moment_of(whole["at"], whole.get("by")) if "at" in whole else id_of(whole.get("id"))
