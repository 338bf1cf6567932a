"""Flows as YAML that people write: reading, writing, and the errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.flows.checklist import Item, Section
from flowpilot.flows.fields import FieldKind, FlowField
from flowpilot.flows.lines import FlowTextError
from flowpilot.flows.text import MAX_CHARACTERS, FlowText, parse, render
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree, walk

WRITTEN = """\
name: Account is locked
category: Identity
type: procedural        # a comment
description: One or two sentences.
keywords: [locked out, account lockout]
root: where
nodes:
  where:
    question: Which sign-in fails?
    help: |
      First line.

        Indented line.
    choices:
      Windows: check_lock
      Microsoft 365: hand_over
  check_lock:
    instruction: Unlock the account.
    outcomes:
      It stays unlocked: done
      It locks again: hand_over
  done:
    resolution: Unlocked.
  hand_over:
    escalation: Hand it over.
"""

HEAD = "name: x\nroot: a\nnodes:\n"


def test_a_flow_is_read_as_it_is_written() -> None:
    flow = parse(WRITTEN)
    assert (flow.name, flow.category, flow.type) == ("Account is locked", "Identity", "procedural")
    assert (flow.description, flow.keywords) == ("One or two sentences.", ("locked out", "account lockout"))
    assert flow.tree.nodes["where"] == Node(
        kind=NodeKind.QUESTION,
        text="Which sign-in fails?",
        help="First line.\n\n  Indented line.",
        choices=(Choice(label="Windows", next="check_lock"), Choice(label="Microsoft 365", next="hand_over")),
    )
    assert flow.tree.nodes["check_lock"].outcomes[1] == Choice(label="It locks again", next="hand_over")
    assert list(flow.tree.nodes) == ["where", "check_lock", "done", "hand_over"]


def test_omitted_keys_are_empty() -> None:
    flow = parse("name: x\ncategory:\nkeywords:\nroot: a\nnodes: {}")
    assert flow == FlowText(name="x", tree=Tree(root="a", nodes={}))
    assert (flow.category, flow.type, flow.description, flow.keywords) == (None, "troubleshooting", "", ())


@pytest.mark.parametrize(
    "word", ["Yes", "no", "on", "1", "0x10", "1.50", "null", "~", "2026-01-01", "12:30", "true"]
)
def test_words_stay_the_words_that_were_written(word: str) -> None:
    flow = parse(
        f"name: {word}\nroot: no\nkeywords: [{word}]\nnodes:\n  no:\n    question: q\n    choices: {{{word}: a}}"
    )
    assert (flow.name, flow.keywords, flow.tree.root) == (word, (word,), "no")
    assert flow.tree.nodes["no"].choices == (Choice(label=word, next="a"),)


def test_a_flow_is_written_in_the_order_of_the_walk_with_long_texts_as_blocks() -> None:
    nodes = parse(WRITTEN).tree.nodes
    shuffled = parse(WRITTEN).model_copy(update={"tree": Tree(root="where", nodes=dict(sorted(nodes.items())))})
    assert render(shuffled) == WRITTEN.replace("        # a comment", "")


def test_a_long_text_of_one_line_is_folded() -> None:
    flow = parse(HEAD + f"  a: {{resolution: {'word ' * 60}}}")
    assert max(len(line) for line in render(flow).splitlines()) < 115
    assert parse(render(flow)) == flow


def test_a_label_that_is_there_twice_is_not_lost_on_the_way_out() -> None:
    twice = (Choice(label="Yes", next="b"), Choice(label="Yes", next="c"))
    draft = FlowText(
        name="x", tree=Tree(root="a", nodes={"a": Node(kind=NodeKind.QUESTION, text="q", choices=twice)})
    )
    with pytest.raises(FlowTextError, match='has "Yes" again, after line'):
        parse(render(draft))


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", 'The text is empty. A flow needs at least "name", "root" and "nodes".'),
        ("just words", 'Line 1: The flow must be written as lines of "key: value" with the same indentation.'),
        ("name: x", 'The flow has no "root": add a line "root: …".'),
        ("name: x\nname: y", 'Line 2 has "name" again, after line 1; keep one of them.'),
        ("a: 1\n---\nb: 2", "Line 2 begins a second flow; import each flow separately."),
        ("name: &x y", "Line 1 uses & or *, which flows do not support; put quotes around the text."),
        ("name: *x", "Line 1 uses & or *, which flows do not support; put quotes around the text."),
        (
            "name: !!python/object:os.system x",
            "Line 1 uses the tag tag:yaml.org,2002:python/object:os.system; "
            "put quotes around any text that begins with !.",
        ),
        ("\n? [a]\n: b", "Line 2 has a list or a mapping before the colon; write one word there."),
        ("[" * 20 + "]" * 20, "Line 1 is nested too deeply; check the brackets and the indentation."),
        ("bell: \x07", "The text contains characters that YAML does not allow. Remove them."),
        ("half: \ud800", "The text contains characters that YAML does not allow. Remove them."),
        (
            "name: [x]\nroot: a\nnodes: {}",
            'Line 1: "name" must be a single text; put quotes around it if it contains a colon.',
        ),
        ("name: x\nroot: a\nkeywords: one\nnodes: {}", "Line 3: keywords must be a list, like [first, second]."),
        (
            "name: x\ncolour: red",
            'Line 2: The flow has no "colour"; use name, category, type, description, keywords, root, nodes.',
        ),
        (
            "name: x\ntype: odd\nroot: a\nnodes: {}",
            "Line 2, \"type\": Choose 'troubleshooting' or 'procedural'.",
        ),
        (
            HEAD + "  a:\n    question: q\n    resolution: r",
            'Line 4: node "a" has the kinds question and resolution; '
            "give it exactly one of question, instruction, checklist, subflow, resolution, escalation.",
        ),
        (
            HEAD + "  a:\n    help: h",
            'Line 4: node "a" has no kind; '
            "give it exactly one of question, instruction, checklist, subflow, resolution, escalation.",
        ),
        (
            HEAD + "  a:\n    question: q\n    answers: {}",
            'Line 6: node "a" has no "answers"; '
            "use question, instruction, checklist, subflow, resolution, escalation, "
            "flow, help, open, files, fields, sections, choices, outcomes.",
        ),
        (
            HEAD + "  a:\n    question: q\n    choices: [b]",
            'Line 6: the choices of node "a" must be written as lines of "key: value" with the same indentation.',
        ),
        (
            HEAD + "  A b:\n    resolution: r",
            'Line 4, node "A b": a node\'s name has up to 64 lower-case letters, digits, - and _, '
            "and begins with a letter or digit.",
        ),
        (
            HEAD + "  a:\n    resolution: r\n    fields: {Serial: x}",
            'Line 4, node "a", fields 1, name: a field\'s name has up to 40 lower-case letters, digits and _, '
            "and begins with a letter.",
        ),
        (
            HEAD + "  a:\n    checklist: c\n    sections: {s: {A b: x}}",
            'Line 4, node "a", sections 1, items 1, id: an item\'s id has up to 64 lower-case letters, digits, '
            "- and _, and begins with a letter or digit.",
        ),
        (
            HEAD + "  a:\n    resolution: r\n    fields: {f: {label: x, choices: y}}",
            'Line 6: the choices of field "f" must be a list, like [first, second].',
        ),
        (
            HEAD + "  a:\n    resolution: r\n    fields: {f: {label: x, kind: colour}}",
            "Line 4, node \"a\", fields 1, kind: Choose 'text', 'number', 'choice', 'date' or 'serial'.",
        ),
        (HEAD + "  a:\n    resolution: ", 'Line 4, node "a": Fill in this field.'),
        (
            HEAD + "  a:\n    question: q\n    choices: {ok: a, '': b}",
            'Line 4, node "a", choices 2, label: Fill in this field.',
        ),
    ],
)
def test_an_error_names_its_line_or_node(text: str, detail: str) -> None:
    with pytest.raises(FlowTextError) as caught:
        parse(text)
    assert caught.value.detail == detail
    assert caught.value.status == 422


def test_broken_yaml_is_said_with_its_line() -> None:
    with pytest.raises(FlowTextError, match=r"^Line 2 is not valid YAML: .* put quotes around texts"):
        parse("name: x\ndescription: one: two")


def test_too_long_a_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(FlowTextError, match="more than 500,000 characters"):
        parse("x" * (MAX_CHARACTERS + 1))


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@#?,\n\t \x07\ud800é", max_size=60))
def test_no_text_makes_anything_but_a_flow_or_an_error_with_a_sentence(text: str) -> None:
    with pytest.raises(FlowTextError, match=r"\.$"):
        parse(text)


TRICKY = st.sampled_from(
    ["Yes", "no", "1", "null", "~", "a: b", "- x", "# x", "trailing ", "'", '"', "|", ">-", "&a", "*a", "!a", "%",
     "? x", "{a}", "[b]", "é", "日本", "🙂", "\u2028", "\ufeff", "\ufffe", "x\u200by", "tab\there", "=", "<<",
     "x" * 150]
)  # fmt: skip
# Every character that a flow may hold: of the control characters only these two.
USABLE = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t")
TEXTS = st.one_of(
    TRICKY,
    st.text(USABLE, max_size=120),
    st.lists(TRICKY | st.text(USABLE, max_size=20), max_size=4).map("\n ".join),
)
FULL = TEXTS.filter(lambda text: bool(text.strip()))
LABELS = FULL.filter(lambda text: len(text.strip()) <= 200)
NEXT = st.text(USABLE, max_size=64)


def offered() -> st.SearchStrategy[tuple[Choice, ...]]:
    return st.lists(st.builds(Choice, label=LABELS, next=NEXT), max_size=3, unique_by=lambda c: c.label).map(tuple)


IDS = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
ITEMS = st.builds(Item, id=IDS, text=FULL, help=TEXTS, required=st.booleans())
SECTIONS = st.builds(
    Section, title=LABELS, items=st.lists(ITEMS, max_size=3, unique_by=lambda item: item.id).map(tuple)
)
FIELDS = st.builds(
    FlowField,
    name=IDS,
    label=LABELS,
    kind=st.sampled_from(FieldKind),
    required=st.booleans(),
    choices=st.lists(LABELS, max_size=3).map(tuple),
    help=TEXTS,
)
NODES = st.builds(
    Node,
    sections=st.lists(SECTIONS, max_size=2, unique_by=lambda section: section.title).map(tuple),
    fields=st.lists(FIELDS, max_size=2, unique_by=lambda field: field.name).map(tuple),
    kind=st.sampled_from(NodeKind),
    text=FULL,
    help=TEXTS,
    choices=offered(),
    outcomes=offered(),
)
FLOWS = st.builds(
    FlowText,
    name=LABELS,
    category=st.none() | LABELS,
    type=st.sampled_from(["troubleshooting", "procedural"]),
    description=TEXTS,
    keywords=st.lists(LABELS, max_size=3).map(tuple),
    tree=st.builds(
        Tree, root=NEXT, nodes=st.dictionaries(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True), NODES)
    ),
)


@given(FLOWS)
def test_written_text_is_read_back_the_same(flow: FlowText) -> None:
    text = render(flow)
    assert parse(text) == flow
    assert list(parse(text).tree.nodes) == list(walk(flow.tree))
    assert render(parse(text)) == text
