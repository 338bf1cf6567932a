"""The keys of a page as it is served: where each is, and which are written on it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(frozen=True)
class Place:
    """What a key presses: the kind of element, and whether pressing it does anything."""

    key: str
    tag: str
    acts: bool


@dataclass
class Keys(HTMLParser):
    """The places with keys of a page, and the keys that are written on it."""

    html: str
    places: list[Place] = field(default_factory=list)
    written: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self._is_in_form = self._is_in_key = False
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._is_in_form = self._is_in_form or tag == "form"
        self._is_in_key = tag == "kbd"
        if (key := given.get("data-key")) is not None:
            sends = self._is_in_form and given.get("type") == "submit" and "disabled" not in given
            acts = {"a": bool(given.get("href")), "button": sends, "textarea": self._is_in_form}
            self.places.append(Place(key, tag, acts.get(tag, tag == "summary")))

    def handle_endtag(self, tag: str) -> None:
        self._is_in_form = self._is_in_form and tag != "form"
        self._is_in_key = False

    def handle_data(self, data: str) -> None:
        if self._is_in_key:
            self.written.add(data)
