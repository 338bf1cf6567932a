"""The canvas: a flow is edited where it is drawn, and saved as one types."""

import re

from playwright.sync_api import expect

from tests.attachments.files import picture
from tests.browser.canvas import OWNER, drag, new_flow, node, open_canvas, wait_until_saved
from tests.browser.hands import keys_listed
from tests.browser.people import Desk
from tests.browser.test_files import paste


def test_what_is_typed_is_saved_and_can_be_published(desk: Desk) -> None:
    page = desk.person(OWNER)
    path = new_flow(page, "Canvas: typing")
    open_canvas(page, path)
    page.get_by_label("Text", exact=True).fill("Does the projector show a picture?")
    expect(node(page, "Does the projector show a picture?")).to_be_visible()
    wait_until_saved(page)
    page.get_by_role("button", name="Add a choice").click()
    page.get_by_label("Label of choice 3").fill("Only without sound")
    page.get_by_label("Target of choice 3").select_option(label="New instruction")
    expect(page.get_by_role("heading", name="4. Instruction")).to_be_visible()
    wait_until_saved(page)
    expect(page.get_by_role("heading", name="Before it can be published")).to_be_visible()
    expect(page.get_by_role("button", name="Publish")).to_be_disabled()
    page.get_by_role("button", name="1 problem", exact=True).click()
    expect(page.locator("[data-fault-list] button")).to_be_focused()
    page.get_by_role("button", name="Add an outcome").click()
    page.get_by_label("Label of outcome 1").fill("There is sound")
    page.get_by_label("Target of outcome 1").select_option(label="2. The problem is solved.")
    wait_until_saved(page)
    page.reload()
    expect(node(page, "Only without sound")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is published.")).to_be_visible()


def test_publishing_waits_for_what_was_just_typed(desk: Desk) -> None:
    page = desk.person(OWNER)
    path = new_flow(page, "Canvas: publishing")
    open_canvas(page, path)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Text", exact=True).fill("Typed a moment ago?")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is published.")).to_be_visible()
    expect(page.locator("#outline + *, .flow-outline").first).to_be_attached()
    expect(page.locator(".flow-outline")).to_contain_text("Typed a moment ago?")


def test_dragging_an_answer_to_a_node_reconnects_it_and_undo_takes_it_back(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: dragging"))
    question = node(page, "Is the problem solved?")
    drag(page, question.locator("[data-port='1']"), node(page, "The problem is solved."))
    target = page.get_by_label("Target of choice 2")
    expect(target.locator("option:checked")).to_have_text("2. The problem is solved.")
    page.keyboard.press("Control+z")
    expect(target.locator("option:checked")).to_contain_text("Hand over to a senior")
    page.keyboard.press("Control+Shift+z")
    expect(target.locator("option:checked")).to_have_text("2. The problem is solved.")
    wait_until_saved(page)
    page.reload()
    expect(question.locator(".canvas-row").nth(1)).to_contain_text("→ 2")


def test_dragging_an_answer_to_the_empty_canvas_makes_a_node(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: dragging out"))
    port = node(page, "Is the problem solved?").locator("[data-port='1']")
    port.hover()
    page.mouse.down()
    view = page.locator("[data-view]").bounding_box()
    assert view is not None
    page.mouse.move(view["x"] + 60, view["y"] + view["height"] - 40, steps=8)
    page.mouse.up()
    expect(page.get_by_role("heading", name="3. Instruction")).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value("No")
    expect(page.get_by_text("“No” leads to a new instruction, node 3.")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".canvas-node.flow-instruction")).to_have_count(0)


def test_on_a_phone_a_tap_shows_the_form_of_the_node(desk: Desk) -> None:
    page = desk.person(OWNER, width="phone")
    open_canvas(page, new_flow(page, "Canvas: phone"))
    expect(page.get_by_label("Text", exact=True)).to_be_hidden()
    card = node(page, "Is the problem solved?")
    card.click()
    expect(page.get_by_label("Text", exact=True)).to_be_in_viewport()
    expect(card).to_be_in_viewport()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_label("Text", exact=True)).to_be_hidden()
    expect(card).to_be_focused()


# As the list of keys has them.
_ON_DIAGRAM = ["← → ↑ ↓", "Enter", "n", "Del", "f", "+", "-"]


def test_everything_works_with_the_keyboard_alone(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: keys"))
    node(page, "Is the problem solved?").focus()
    page.keyboard.press("ArrowRight")
    expect(node(page, "The problem is solved.")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(node(page, "Hand over to a senior")).to_be_focused()
    assert keys_listed(page) == [*_ON_DIAGRAM, "Esc", "?"]
    page.keyboard.press("Delete")
    expect(node(page, "Hand over to a senior")).to_have_count(0)
    expect(node(page, "Is the problem solved?")).to_be_focused()
    assert keys_listed(page) == [*_ON_DIAGRAM, "Ctrl Z", "Esc", "?"]
    page.keyboard.press("Control+z")
    expect(node(page, "Hand over to a senior")).to_be_visible()
    assert keys_listed(page) == [*_ON_DIAGRAM, "Ctrl Y", "Esc", "?"]
    node(page, "Is the problem solved?").focus()
    page.keyboard.press("n")
    page.keyboard.type("Restart it.")
    expect(node(page, "Restart it.")).to_be_visible()
    expect(node(page, "Is the problem solved?").locator(".canvas-row")).to_have_count(3)
    node(page, "The problem is solved.").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    expect(page.get_by_label("Text", exact=True)).to_have_value("The problem is solved.")
    # What was typed within a moment is one edit.
    page.keyboard.type("Solved it.")
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Text", exact=True)).to_have_value("The problem is solved.")
    page.keyboard.press("Escape")
    expect(node(page, "The problem is solved.")).to_be_focused()


_CHECKLIST = {
    "kind": "checklist",
    "text": "Unpack the computer.",
    "sections": [
        {"title": "On the desk", "items": [{"id": "label", "text": "Stick the label on.", "required": True}]}
    ],
    "fields": [{"name": "serial", "label": "Serial number"}],
    "outcomes": [{"label": "Done", "next": "solved"}],
}
_TREE = {
    "root": "unpack",
    "nodes": {"unpack": _CHECKLIST, "solved": {"kind": "resolution", "text": "It is unpacked."}},
}

# The API's own routes, asked as the page's scripts do.
_PUT = """async ([path, name, tree]) => (await fetch(`/api/v1${path}/draft`, {
    method: "PUT", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({name, tree}),
})).status"""
_GET = "async (path) => (await (await fetch(`/api/v1${path}`)).json()).draft.tree.nodes.unpack"


def test_what_the_canvas_does_not_edit_is_kept(desk: Desk) -> None:
    page = desk.person(OWNER)
    name = "Canvas: checklist"
    path = new_flow(page, name).removeprefix(desk.url)
    assert page.evaluate(_PUT, [path, name, _TREE]) == 200
    before = page.evaluate(_GET, path)
    open_canvas(page, path)
    expect(node(page, "Unpack the computer.")).to_contain_text("1 item to tick")
    expect(page.get_by_role("link", name="edit this node there")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("Unpack it.")
    wait_until_saved(page)
    assert page.evaluate(_GET, path) == before | {"text": "Unpack it."}


def test_a_checklist_and_its_fields_are_written_on_the_canvas(desk: Desk) -> None:
    page = desk.person(OWNER)
    name = "Canvas: writing a checklist"
    path = new_flow(page, name).removeprefix(desk.url)
    assert page.evaluate(_PUT, [path, name, _TREE]) == 200
    open_canvas(page, path)
    page.get_by_role("button", name="Add an item to “On the desk”").click()
    page.keyboard.type("Name it {{computer}}.")
    page.get_by_label("Required: item 2 of “On the desk”").check()
    page.get_by_role("button", name="Move up item 2 of “On the desk”").click()
    expect(page.get_by_role("button", name="Move down item 1 of “On the desk”")).to_be_focused()
    page.get_by_role("button", name="Add a section").click()
    page.keyboard.type("At the door")
    page.get_by_role("button", name="Add a field").click()
    page.keyboard.type("Computer")
    page.get_by_label("Kind of field 2").select_option("Choice")
    page.get_by_label("Choices of field 2").press_sequentially("PC-1\nPC-2")
    expect(node(page, "Unpack the computer.")).to_contain_text("3 items to tick")
    wait_until_saved(page)
    written = page.evaluate(_GET, path)
    assert [(one["title"], [item["text"] for item in one["items"]]) for one in written["sections"]] == [
        ("On the desk", ["Name it {{computer}}.", "Stick the label on."]),
        ("At the door", ["Item 3"]),
    ]
    assert [item["required"] for item in written["sections"][0]["items"]] == [True, True]
    field = written["fields"][1]
    assert (field["name"], field["kind"], field["choices"]) == ("computer", "choice", ["PC-1", "PC-2"])
    page.get_by_label("Name of field 2").fill("pc")
    page.get_by_label("Name of field 2").press("Tab")
    expect(page.get_by_label("Text of item 1 of “On the desk”")).to_have_value("Name it {{pc}}.")
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Text of item 1 of “On the desk”")).to_have_value("Name it {{computer}}.")


def test_the_flow_of_a_sub_flow_is_found_by_search_and_its_ends_become_outcomes(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: sub-flow"))
    page.get_by_label("Kind of the new node").select_option("Sub-flow")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Find a flow").fill("scanner")
    flows = page.get_by_role("list", name="Flows")
    expect(flows.get_by_role("button")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    name = flows.get_by_role("button").locator("span").inner_text()
    page.keyboard.press("Enter")
    expect(node(page, "Another flow")).to_contain_text(f"Leads into “{name}”")
    ends = page.locator("[data-exit-list] li")
    expect(ends.first).to_have_text(re.compile("^(Solved|Handed over): "))
    page.get_by_role("button", name="Add an outcome for each").click()
    expect(page.get_by_label(re.compile(r"Label of outcome \d+"))).to_have_count(ends.count())
    wait_until_saved(page)
    page.reload()
    expect(node(page, "Another flow")).to_contain_text(f"Leads into “{name}”")


def test_the_diagram_is_zoomed_and_fitted(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: zoom"))
    width = page.locator(".canvas-node").first.evaluate("(card) => card.getBoundingClientRect().width")
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator(".canvas-node").first.evaluate("(card) => card.getBoundingClientRect().width") > width
    for _ in range(8):
        page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Fit").click()
    port = page.locator("[data-view]")
    assert port.evaluate(
        "(view) => view.scrollWidth <= view.clientWidth && view.scrollHeight <= view.clientHeight"
    )


def test_a_picture_is_pasted_at_a_node_and_seen_where_the_flow_is_tried(desk: Desk) -> None:
    page = desk.person(OWNER)
    path = new_flow(page, "Canvas: pictures")
    open_canvas(page, path)
    paste(page, "#c-text", picture())
    row = page.locator(".canvas-file")
    expect(row.get_by_role("link", name="Screenshot")).to_be_visible()
    expect(row.locator("img")).to_have_js_property("complete", True)
    page.locator("#c-files").set_input_files({"name": "a.log", "mimeType": "", "buffer": b"event 41\n"})
    expect(row).to_have_count(2)
    page.get_by_role("button", name="Remove a.log").click()
    wait_until_saved(page)
    page.goto(f"{path}/preview")
    page.locator("main [data-picture]").click()
    expect(page.get_by_role("dialog").locator("img")).to_have_js_property("naturalWidth", 40)
