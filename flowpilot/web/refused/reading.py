"""Where the forms of a page and their fields are, in its text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_FIELDS = frozenset({"input", "textarea", "select"})


@dataclass(eq=False, slots=True)
class Element:
    """An element: its start tag from `start` to `stop`, and where what is in it ends and it is over."""

    tag: str
    attributes: Mapping[str, str | None]
    start: int
    stop: int
    parents: tuple["Element", ...]
    inner_end: int = -1
    end: int = -1

    def says(self, name: str) -> str:
        """An attribute; empty if there is none."""
        return self.attributes.get(name) or ""

    @property
    def is_hidden(self) -> bool:
        """Whether nobody sees it."""
        return self.says("type") == "hidden" or "hidden" in self.attributes

    def around(self, tag: str) -> Iterator["Element"]:
        """The elements of that kind that it is in."""
        return (one for one in self.parents if one.tag == tag)


@dataclass(slots=True)
class Form:
    """A form, its fields and buttons, and the options of its lists to choose from."""

    element: Element
    fields: list[Element] = field(default_factory=list)
    buttons: list[Element] = field(default_factory=list)
    options: dict[Element, list[Element]] = field(default_factory=dict)

    @property
    def addresses(self) -> set[str]:
        """Where it, or a button of it, leads."""
        buttons = {button.says("formaction") for button in self.buttons if "formaction" in button.attributes}
        return {self.element.says("action"), *buttons}


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._html = html
        self._lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self._open: list[Element] = []
        self.feed(html)

    @property
    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._at
        stop = start + len(self.get_starttag_text() or "")
        found = Element(tag, dict(attrs), start, stop, tuple(self._open), stop, stop)
        if tag not in _VOID:
            self._open.append(found)
        if tag == "form":
            self.forms.append(Form(found))
        elif any(found.around("form")):
            self._add(self.forms[-1], found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag of SVG, which is no field."""

    def handle_endtag(self, tag: str) -> None:
        if all(one.tag != tag for one in self._open):
            return
        while True:
            closed = self._open.pop()
            closed.inner_end, closed.end = self._at, self._html.index(">", self._at) + 1
            if closed.tag == tag:
                return

    @staticmethod
    def _add(form: Form, found: Element) -> None:
        if found.tag in _FIELDS:
            form.fields.append(found)
        elif found.tag == "button":
            form.buttons.append(found)
        elif found.tag == "option" and (lists := list(found.around("select"))):
            form.options.setdefault(lists[-1], []).append(found)


def forms_in(html: str) -> list[Form]:
    """The forms of a page, in its order."""
    return _Reader(html).forms
