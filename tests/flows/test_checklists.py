"""Checklists and fields of a flow: what the checker refuses, which values fit, and how texts use them."""

from typing import Any

import pytest

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.fields import FlowField, fill_in, read_value
from flowpilot.flows.text import parse, render
from flowpilot.flows.tree import Tree

END = {"kind": "resolution", "text": "Done."}
TO_END = [{"label": "Done", "next": "end"}]
SERIAL = {"name": "serial", "label": "Serial number", "kind": "serial"}


CHECKLIST = """\
name: New PC
type: procedural
root: set_up
nodes:
  set_up:
    checklist: Set up {{name}}
    fields:
      name: Name of the PC
      serial:
        label: Serial number
        kind: serial
        required: 'true'
      system:
        label: System
        kind: choice
        choices: [Windows 11, macOS]
    sections:
      Before:
        unpack: Unpack it.
      After:
        label:
          text: Stick the label on.
          required: 'true'
          help: Below the screen.
    outcomes:
      Done: done
  done:
    resolution: '{{name}} ({{serial}}) is ready.'
"""


def checklist(*sections: tuple[str, list[str]], **more: Any) -> dict[str, Any]:
    parts = [{"title": title, "items": [{"id": id_, "text": id_} for id_ in ids]} for title, ids in sections]
    return {"kind": "checklist", "text": "Set up.", "sections": parts, "outcomes": TO_END, **more}


def said(**nodes: dict[str, Any]) -> list[str]:
    tree = Tree.model_validate({"root": "a", "nodes": {**nodes, "end": END}})
    return [problem.message for problem in problems(tree)]


def test_a_checklist_with_items_and_fields_can_be_published() -> None:
    node = checklist(("Before", ["x"]), ("After", ["y"]), fields=[SERIAL], help="{{serial}} is used.")
    assert said(a=node) == []


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (checklist(), 'The checklist "Set up." has no items. Add what is to be done.'),
        (
            checklist(("Before", ["x"]), ("before ", ["y"])),
            'The checklist "Set up." has the section "before" twice. Give each section its own title.',
        ),
        (
            checklist(("Before", ["x"]), ("After", ["x"])),
            'The checklist "Set up." has the same id for the items "x" and "x". Give each item its own id.',
        ),
        (
            checklist(("Before", ["x"]), ("After", [])),
            'The section "After" of the checklist "Set up." is empty. Add its items, or remove it.',
        ),
        (
            checklist(("Before", ["x"]), kind="instruction"),
            'The instruction "Set up." has sections of items. Make it a checklist, or remove them.',
        ),
        (
            checklist(("Before", ["x"]), choices=TO_END),
            'The checklist "Set up." has choices. A checklist has outcomes: '
            "move them there, or make it a question.",
        ),
        (
            checklist(("Before", ["x"]), fields=[SERIAL, SERIAL]),
            'The checklist "Set up." asks for "serial" twice. Remove one of them.',
        ),
        (
            checklist(("Before", ["x"]), fields=[{**SERIAL, "choices": ["1", "2"]}]),
            'The field "serial" has choices, but is a serial. Make it a choice, or remove them.',
        ),
        (
            checklist(("Before", ["x"]), fields=[{**SERIAL, "kind": "choice", "choices": ["One", "one"]}]),
            'The field "serial" needs at least two different choices. Add what can be chosen.',
        ),
        (
            checklist(("Before", ["x"]), help="For {{ owner }}."),
            'A text of "Set up." uses {{owner}}, which no node asks for. Add it as a field.',
        ),
        (
            checklist(("Before", ["x"]), help="For {{ Owner }}."),
            'A text of "Set up." uses {{Owner}}, which is no name of a field. Use small letters, digits and _.',
        ),
        (
            checklist(("Before", ["x"]), fields=[SERIAL, {"name": "owner", "label": "Owner of {{serial}}"}]),
            'The label "Owner of {{serial}}" of a field uses a field. Use it in a text instead.',
        ),
        (
            checklist(("For {{owner}}", ["x"])),
            'A text of "Set up." uses {{owner}}, which no node asks for. Add it as a field.',
        ),
        (
            checklist(("Before", ["x"]), fields=[SERIAL], outcomes=[{"label": "Done {{serial}}", "next": "end"}]),
            'The label "Done {{serial}}" of "Set up." uses a field. Use it in a text instead.',
        ),
    ],
)
def test_the_checker_says_what_is_wrong(node: dict[str, Any], message: str) -> None:
    assert said(a=node) == [message]


def test_a_field_is_used_only_after_it_was_asked() -> None:
    first = checklist(("Before", ["x"]), help="{{serial}}", outcomes=[{"label": "On", "next": "b"}])
    assert said(a=first, b=checklist(("After", ["x"]), fields=[SERIAL], help="docker ps --format {{.Names}}")) == [
        'A text of "Set up." (node 1) uses {{serial}}, which no node before it asks for. Add it as a field.'
    ]


def test_a_checklist_needs_an_outcome() -> None:
    assert 'The checklist "Set up." has no outcome. Add its possible outcomes, and where each leads.' in said(
        a=checklist(("Before", ["x"]), outcomes=[])
    )


def test_the_same_field_in_two_nodes_is_defined_the_same() -> None:
    first = checklist(("Before", ["x"]), fields=[SERIAL], outcomes=[{"label": "On", "next": "b"}])
    same = checklist(("Before", ["x"]), fields=[{**SERIAL, "required": True}])
    other = checklist(("Before", ["x"]), fields=[{**SERIAL, "kind": "text"}])
    assert said(a=first, b=same) == []
    assert said(a=first, b=other) == [
        'The field "serial" is not the same in "Set up." (node 1) and "Set up." (node 2). '
        "Give both the same label, kind and choices, or one of them another name."
    ]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "  Anna   Berg ", "Anna Berg"),
        ("number", "1 000,50", "1000.50"),
        ("number", "-3", "-3"),
        ("number", "0,125", "0.125"),
        ("choice", "macos", "macOS"),
        ("date", "2026-11-30", "2026-11-30"),
        ("serial", " 5CD-1234.X ", "5CD-1234.X"),
    ],
)
def test_a_value_is_kept_in_one_form(kind: str, text: str, value: str) -> None:
    assert read_value(field(kind), text) == value


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("text", "  ", "must not be empty; undo it to clear it"),
        ("text", "x" * 201, "must have at most 200 characters"),
        ("number", "twelve", "must be a number, such as 12 or 3.5"),
        ("number", "nan", "must be a number, such as 12 or 3.5"),
        ("number", "1e5000000", "must be a number, such as 12 or 3.5"),
        ("number", "1234567890123456", "must be a number, such as 12 or 3.5"),
        ("number", "1,000", "must be clear: write 1000 for a thousand, and 1.0 for one"),
        ("choice", "Linux", "must be one of: Windows, macOS"),
        ("date", "30.11.2026", "must be a date as YYYY-MM-DD, such as 2026-11-30"),
        ("date", "2026-02-30", "must be a date as YYYY-MM-DD, such as 2026-11-30"),
        ("serial", "x", "must be a serial number: 2 to 64 letters, digits, and . : / _ - between them"),
        ("serial", "<b>1</b>", "must be a serial number: 2 to 64 letters, digits, and . : / _ - between them"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_value(field(kind), text)
    assert str(caught.value) == message


def test_a_field_is_filled_in_and_shown_as_its_label_until_then() -> None:
    text = "Rename {{ name }} ({{serial}}), not {{}} or {name}."
    labels = {"name": "Name of the PC", "serial": "Serial number"}
    assert fill_in(text, {"serial": "5CD"}, labels) == "Rename [Name of the PC] (5CD), not {{}} or {name}."


def test_a_checklist_with_fields_is_read_and_written() -> None:
    flow = parse(CHECKLIST)
    node = flow.tree.nodes["set_up"]
    assert [(section.title, [(i.id, i.required) for i in section.items]) for section in node.sections] == [
        ("Before", [("unpack", False)]),
        ("After", [("label", True)]),
    ]
    assert [(field.name, field.kind, field.required) for field in node.fields] == [
        ("name", "text", False),
        ("serial", "serial", True),
        ("system", "choice", False),
    ]
    assert problems(flow.tree) == []
    assert render(flow) == CHECKLIST


def field(kind: str) -> FlowField:
    choices = ("Windows", "macOS") if kind == "choice" else ()
    return FlowField.model_validate({"name": "x", "label": "X", "kind": kind, "choices": choices})
