"""Tables that can also be read on a narrow screen."""

import re

from markupsafe import Markup, escape

_HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<t[dh]\b")
# Two or three columns fit everywhere.
_ROOM_FOR = 3


def labelled(table: str) -> Markup:
    """A table's head and body, with the column's heading on each cell, for narrow screens.

    The first column needs no label, because it says what the row is about. Neither does a column whose heading is
    for screen readers only.
    """
    head, mark, body = table.partition("</thead>")
    labels = [_label(heading) for heading in _HEADING.findall(head)]
    if len(labels) <= _ROOM_FOR:
        return Markup(table)  # noqa: S704 - from our own template, escaped already
    labels[0] = ""

    def row(found: re.Match[str]) -> str:
        of_cells = iter(labels)
        return _CELL.sub(lambda cell: cell[0] + next(of_cells), found[0])

    return Markup(head + mark) + Markup(_ROW.sub(row, body))  # noqa: S704 - as above


def _label(heading: str) -> str:
    if "visually-hidden" in heading:
        return ""
    # An explanation of the heading is in a button and after it.
    words = Markup(heading.partition("<button")[0]).striptags()  # noqa: S704 - as above
    return f' data-label="{escape(words)}"'
