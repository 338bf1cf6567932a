"""Table cells that carry the headings of their columns."""

import pytest

from flowpilot.web.assets import STATIC
from flowpilot.web.tables import labelled

HEAD = "<thead><tr>{}</tr></thead>"
ROW = '<tr><td class="wrap"><a href="/">Printer &amp; fax</a></td><td>2</td><td></td><th scope="row">x</th></tr>'


def test_each_cell_but_the_first_says_its_heading() -> None:
    heads = (
        '<th>Flow</th><th class="text-end">Sessions <button>i</button><div>What they are</div></th>'
        '<th><span class="visually-hidden">Revoke</span></th><th>By &lt;whom&gt;</th>'
    )
    table = HEAD.format(heads) + f"<tbody>{ROW}{ROW}</tbody>"
    row = (
        '<tr><td class="wrap"><a href="/">Printer &amp; fax</a></td><td data-label="Sessions">2</td><td></td>'
        '<th data-label="By &lt;whom&gt;" scope="row">x</th></tr>'
    )
    assert labelled(table) == HEAD.format(heads) + f"<tbody>{row}{row}</tbody>"


def test_three_columns_have_room_everywhere() -> None:
    table = HEAD.format("<th>Day</th><th>Entries</th><th>Hours</th>") + "<tbody><tr><td>1</td></tr></tbody>"
    assert labelled(table) == table


def test_a_cell_without_a_heading_is_a_mistake() -> None:
    row = ROW.replace("</tr>", "<td></td></tr>")
    with pytest.raises(StopIteration):
        labelled(HEAD.format("<th>a</th><th>b</th><th>c</th><th>d</th>") + row)


def test_a_heat_map_stays_a_matrix_on_a_narrow_screen() -> None:
    css = (STATIC / "app.css").read_text()
    narrow = css.partition("@container (max-width: 45rem) {")[2].partition("\n}")[0]
    rules = [line.strip() for line in narrow.splitlines() if line.strip()]
    assert rules
    assert [rule for rule in rules if not rule.startswith(".table:not(.heat)")] == []
