"""The canvas: a flow is edited where it is drawn, and saved as one types."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Desk

OWNER, ADMIN = "owner@northwind.example", "admin@northwind.example"


def new_flow(page: Page, name: str) -> str:
    """A draft as every new flow begins: a question with two answers, a resolution and an escalation. Its path."""
    page.goto("/flows/new")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page.url.partition("/edit")[0]


def open_canvas(page: Page, path: str) -> None:
    page.goto(f"{path}/canvas")
    expect(page.locator("[data-canvas][data-ready]")).to_be_attached()


def node(page: Page, words: str) -> Locator:
    """The card of a node."""
    return page.locator(".canvas-node").filter(has=page.locator(".canvas-text", has_text=words))


def state(page: Page) -> Locator:
    """The word of what is saved."""
    return page.locator("[data-state]")


def wait_until_saved(page: Page) -> None:
    expect(state(page)).to_have_text(re.compile(r"^Saved \d\d:\d\d, last edited by you\.$"))


def drag(page: Page, source: Locator, target: Locator) -> None:
    """With the mouse, in steps, as a person does."""
    source.hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=8)
    page.mouse.up()


def forget_failures(desk: Desk) -> None:
    """Chromium complains of the network that the test took away."""
    desk.complaints[:] = [one for one in desk.complaints if "net::ERR" not in one]


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


def test_everything_works_with_the_keyboard_alone(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: keys"))
    node(page, "Is the problem solved?").focus()
    page.keyboard.press("ArrowRight")
    expect(node(page, "The problem is solved.")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(node(page, "Hand over to a senior")).to_be_focused()
    page.keyboard.press("Delete")
    expect(node(page, "Hand over to a senior")).to_have_count(0)
    expect(node(page, "Is the problem solved?")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(node(page, "Hand over to a senior")).to_be_visible()
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


def test_two_people_who_edit_one_draft_lose_nothing(desk: Desk) -> None:
    one, other = desk.person(OWNER), desk.person(ADMIN)
    path = new_flow(one, "Canvas: two people")
    open_canvas(one, path)
    open_canvas(other, path)
    other.get_by_label("Text", exact=True).fill("Asked by Luis?")
    wait_until_saved(other)
    node(one, "Hand over to a senior").click()
    one.get_by_label("Text", exact=True).fill("Handed over by Dana.")
    dialog = one.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"Luis saved this draft at \d\d:\d\d"))
    expect(dialog.locator("[data-theirs]")).to_have_text("1. Question: Asked by Luis?")
    for _ in range(2):
        one.keyboard.press("Escape")
    dialog.get_by_role("button", name="Combine both").click()
    wait_until_saved(one)
    for words in ("Asked by Luis?", "Handed over by Dana."):
        expect(node(one, words)).to_be_visible()

    node(other, "Hand over to a senior").click()
    other.get_by_label("Text", exact=True).fill("Handed over by Luis.")
    dialog = other.get_by_role("dialog")
    expect(dialog.locator("[data-theirs]")).to_have_text("3. Escalation: Handed over by Dana.")
    expect(dialog.locator("[data-mine]")).to_have_text("3. Escalation: Handed over by Luis.")
    expect(dialog.get_by_role("button", name="Combine both")).to_be_hidden()
    dialog.get_by_role("button", name="Take theirs").click()
    expect(node(other, "Handed over by Dana.")).to_be_visible()
    other.get_by_role("button", name="Undo").click()
    expect(node(other, "Handed over by Luis.")).to_be_visible()
    wait_until_saved(other)


def test_without_the_server_edits_are_kept_and_sent_later(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: offline"))
    page.context.set_offline(True)
    page.get_by_label("Text", exact=True).fill("Typed without a network?")
    expect(state(page)).to_contain_text("Not saved: The server cannot be reached.")
    page.context.set_offline(False)
    wait_until_saved(page)
    forget_failures(desk)


def test_edits_of_a_window_that_crashed_are_offered_again(desk: Desk) -> None:
    page = desk.person(OWNER)
    path = new_flow(page, "Canvas: crash")
    open_canvas(page, path)
    page.context.set_offline(True)
    page.get_by_label("Text", exact=True).fill("Typed before the crash?")
    expect(state(page)).to_contain_text("Not saved")
    page.route("**/draft", lambda route: route.abort())
    crashed, page = page, page.context.new_page()
    page.context.set_offline(False)
    open_canvas(page, path)
    page.get_by_label("Help (optional)").fill("Typed before it was restored.")
    wait_until_saved(page)
    page.reload()
    page.get_by_role("button", name="Restore them").click()
    page.get_by_role("button", name="Keep mine as the draft").click()
    expect(node(page, "Typed before the crash?")).to_be_visible()
    wait_until_saved(page)
    crashed.close()
    forget_failures(desk)


def test_a_node_without_text_is_not_sent_and_says_so(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: empty text"))
    page.get_by_label("Text", exact=True).fill("")
    expect(state(page)).to_contain_text("Not saved yet: node 1 has no text.")
    page.get_by_label("Text", exact=True).fill("Worded?")
    wait_until_saved(page)


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
_PUT = """async ([path, tree]) => (await fetch(`/api/v1${path}/draft`, {
    method: "PUT", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({name: "Canvas: checklist", tree}),
})).status"""
_GET = "async (path) => (await (await fetch(`/api/v1${path}`)).json()).draft.tree.nodes.unpack"


def test_what_the_canvas_does_not_edit_is_kept(desk: Desk) -> None:
    page = desk.person(OWNER)
    path = new_flow(page, "Canvas: checklist").removeprefix(desk.url)
    assert page.evaluate(_PUT, [path, _TREE]) == 200
    before = page.evaluate(_GET, path)
    open_canvas(page, path)
    expect(node(page, "Unpack the computer.")).to_contain_text("1 item to tick")
    expect(page.get_by_role("link", name="edit this node there")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("Unpack it.")
    wait_until_saved(page)
    assert page.evaluate(_GET, path) == before | {"text": "Unpack it."}


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
