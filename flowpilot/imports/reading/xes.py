"""XES, the event logs of process mining (IEEE 1849): traces of events, each with attributes."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from flowpilot.imports.reading.encodings import marked_encoding
from flowpilot.imports.reading.errors import BadRowError, LogFileError, OnBadRow, refuse
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.table import columns_of
from flowpilot.imports.reading.unpacking import Unpacked

_HEAD = 2**16
_ELEMENT = re.compile(r"<([A-Za-z_][^\s/>]*)")
_VALUES = {"string", "date", "int", "float", "boolean", "id"}


class XesTable:
    """Events as rows. A column for each attribute, as in "concept:name"; those of the trace begin with "case:"."""

    doubt: str | None = None

    header_line = None

    def __init__(self, source: Unpacked, _layout: Layout) -> None:
        self._source = source
        self.left_out: list[str] = []
        _refuse_others(source)
        self.header, self.has_all_columns = columns_of(source, (event for _, event in self._events()))
        if not self.header:
            raise LogFileError(f"{source.name} holds no events.")

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, the second time."""
        return self._source.file.tell()

    def rows(self, on_bad: OnBadRow = refuse) -> Iterator[tuple[int, list[str]]]:  # noqa: ARG002 (as all tables)
        """The number of each event, from 1, and its attributes. Where one cannot be read, nothing after it can.

        Raises:
            BadRowError: the file is no valid XML.
        """
        for number, event in self._events():
            yield number, [event.get(name, "") for name in self.header]

    def _events(self) -> Iterator[tuple[int, dict[str, str]]]:
        self._source.file.seek(0)
        number = 0
        try:
            for trace in self._traces():
                case = {f"case:{key}": value for key, value in _attributes(trace)}
                for event in _children(trace, "event"):
                    number += 1
                    yield number, case | dict(_attributes(event))
        except (ParseError, DefusedXmlException) as error:
            raise BadRowError(number + 1, f"not readable as XES ({error})") from error

    def _traces(self) -> Iterator[Element]:
        """Each trace once it is complete; it is dropped afterwards, so that memory does not grow with the file."""
        parsed: Any = iterparse(self._source.file, events=("start", "end"), forbid_dtd=True)
        _, root = next(parsed)
        for happened, element in parsed:
            if happened == "end" and _name(element) == "trace":
                yield element
                root.clear()


def _refuse_others(source: Unpacked) -> None:
    """Say so of another kind of XML, or of a page that is called a spreadsheet."""
    head = source.file.read(_HEAD)
    first = _ELEMENT.search(head.decode(marked_encoding(head) or "utf-8", errors="replace"))
    if first is not None and first[1].rpartition(":")[2] != "log":
        raise LogFileError(
            f"{source.name} is XML or HTML that begins with <{first[1][:80]}>, and no event log in XES, which"
            " begins with <log>: export it as CSV, as a spreadsheet (xlsx) or as JSON."
        )


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if _name(child) == name)


def _attributes(element: Element) -> Iterator[tuple[str, str]]:
    for child in element:
        if _name(child) in _VALUES:
            yield child.get("key", ""), child.get("value", "")
