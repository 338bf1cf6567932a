"""What was solved by free text becomes a flow, which guides the next session."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from flowpilot.demo.seed import DEMO_PASSWORD
from flowpilot.knowledge.jobs import ANALYSE_JOB
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings
from tests.browser.conftest import Demo
from tests.browser.people import Desk

# No shipped flow covers it.
PROBLEMS = (
    "Time clock in the entrance hall rejects every badge, red lamp and two beeps",
    "All badges are rejected at the time clock, it beeps twice with a red lamp",
    "The time clock beeps twice, red lamp, and takes no badge from anybody",
)
AGAIN = "Time clock rejects badges again, two beeps and red"
NAME = "Time clock rejects badges"
NAMED = "Badge printer"


def solve(engineer: Page, problem: str) -> None:
    """Work on a problem in free text, and resolve it."""
    engineer.goto("/")
    engineer.keyboard.press("n")
    engineer.keyboard.type(problem)
    engineer.get_by_role("button", name="Find a flow and start").click()
    # No flow is likely enough to be followed, but some may be offered.
    expect(engineer.get_by_role("heading", level=1)).to_have_text(re.compile(f"^(Choose a flow|{problem})$"))
    if engineer.get_by_role("link", name="Back to the session").count():
        engineer.get_by_role("link", name="Back to the session").click()
    expect(engineer.locator("#now")).to_have_text("No flow to follow")
    engineer.keyboard.press("f")
    engineer.keyboard.type("Cleaned the reader of the time clock")
    engineer.get_by_role("button", name="Add to the record").click()
    expect(engineer.locator(".path")).to_contain_text("Cleaned the reader of the time clock")
    engineer.keyboard.press("r")
    engineer.get_by_label("What solved it").fill("Loaded the list of badges into the clock again")
    engineer.get_by_role("button", name="Resolve the session").click()
    expect(engineer.locator("#note-text")).to_contain_text("Loaded the list of badges")


@pytest.fixture
def hurry(demo: Demo) -> Callable[[], None]:
    """Have what was resolved analysed now, and not together with all that is resolved within a minute."""

    def make_due() -> None:
        with migrated_database(Settings(data_dir=demo.data_dir)) as urls, psycopg.connect(urls.owner) as owner:
            owner.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = %s", [ANALYSE_JOB])

    def hurry() -> None:
        # In a thread of its own, because Playwright runs an event loop in this one.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(make_due).result()

    return hurry


def wait_for_proposal(admin: Page) -> None:
    """Open the proposal of all three sessions, once the job has made it."""
    of_three = admin.get_by_role("cell", name="3", exact=True)
    open_proposal(admin, admin.get_by_role("row").filter(has_text="ime clock").filter(has=of_three))
    expect(admin.get_by_text("3 sessions")).to_be_visible()


def open_proposal(admin: Page, proposal: Locator) -> None:
    """Open a proposal of the queue, once the job has made it."""
    ends = time.monotonic() + 120
    while True:
        admin.goto("/proposals")
        if proposal.count() or time.monotonic() > ends:
            break
        admin.wait_for_timeout(500)
    proposal.get_by_role("link").first.click()


def test_three_sessions_become_a_flow_that_guides_the_fourth(desk: Desk, hurry: Callable[[], None]) -> None:
    engineer, admin = desk.person("engineer@northwind.example"), desk.person("admin@northwind.example")
    for problem in PROBLEMS:
        solve(engineer, problem)
    hurry()
    wait_for_proposal(admin)
    expect(admin.get_by_role("link", name="Cleaned the reader of the time clock").first).to_be_visible()

    admin.get_by_role("button", name="Edit, then publish").click()
    admin.get_by_role("link", name="Edit as a list").click()
    admin.get_by_text("Name, category, keywords").click()
    admin.get_by_label("Name", exact=True).fill(NAME)
    admin.get_by_role("button", name="Save", exact=True).last.click()
    expect(admin.get_by_role("heading", level=1)).to_contain_text(NAME)
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.get_by_role("button", name="Publish").first.click()
    expect(admin.get_by_text("New sessions follow it.")).to_be_visible()

    engineer.goto("/")
    engineer.keyboard.press("n")
    engineer.keyboard.type(AGAIN)
    engineer.get_by_role("button", name="Find a flow and start").click()
    expect(engineer.get_by_text(NAME).first).to_be_visible()
    expect(engineer.locator("#now")).not_to_have_text("No flow to follow")

    admin.goto("/proposals?show=modified")
    admin.get_by_role("link", name="ime clock").first.click()
    expect(admin.get_by_text("Too early to tell").first).to_be_visible()


def test_a_bad_proposal_is_rejected(desk: Desk) -> None:
    admin = desk.person("admin@alpenblick.example")
    ends = time.monotonic() + 120
    links = admin.locator("main table a[href^='/proposals/']")
    while True:
        admin.goto("/proposals")
        if links.count() or time.monotonic() > ends:
            break
        admin.wait_for_timeout(500)
    title = links.first.inner_text()
    links.first.click()
    expect(admin.get_by_role("heading", level=1)).to_have_text(title)
    admin.get_by_text("Reject", exact=True).first.click()
    admin.get_by_label("Why is it not wanted?").fill("It happened once, and the machine is gone.")
    admin.get_by_role("button", name="Reject").click()
    expect(admin.get_by_text("Rejected. Sessions like these do not propose it again.")).to_be_visible()
    admin.goto("/proposals?show=rejected")
    admin.get_by_role("link", name=title, exact=True).first.click()
    expect(admin.get_by_text("It happened once, and the machine is gone.")).to_be_visible()


def ask(desk: Desk, who: str, method: str, path: str, body: Any = None) -> Any:
    """What the API answers to somebody of the demo."""
    with httpx2.Client(base_url=f"{desk.url}/api/v1", timeout=60) as http:
        signed_in = http.post("/auth/token", data={"username": who, "password": DEMO_PASSWORD})
        http.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        answer = http.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def solve_pagers(desk: Desk) -> None:
    """Ten sessions of a domain of their own, all solved alike without a flow."""
    engineer = "engineer@northwind.example"
    for number in range(10):
        about = {"problem_summary": f"Pager {number} vibrates without end", "problem_domain": "Pagers"}
        session = ask(desk, engineer, "POST", "/ai-sessions", about)
        at = f"/ai-sessions/{session['id']}"
        ask(desk, engineer, "POST", f"{at}/flow", {"flow_id": None})
        ask(desk, engineer, "POST", f"{at}/steps", {"free_text": "Took the battery out and put it back"})
        ask(desk, engineer, "POST", f"{at}/resolve", {"summary": "Registered it with the tower again"})


def test_a_gap_becomes_a_flow_in_three_presses(desk: Desk) -> None:
    solve_pagers(desk)
    admin = desk.person("admin@northwind.example")
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.goto("/analytics/knowledge-gaps")
    gap = admin.locator("section").filter(has=admin.get_by_role("heading", name="Solved without a flow: Pagers"))

    gap.get_by_role("button", name="Make a draft").click()
    expect(admin.get_by_text("10 sessions")).to_be_visible()
    # The second press publishes, and the third says yes.
    admin.get_by_role("button", name="Publish as it is").click()
    expect(admin.get_by_text("New sessions follow it.")).to_be_visible()

    admin.goto("/analytics/knowledge-gaps")
    gap.get_by_role("link", name="What became of them").click()
    expect(admin.get_by_text("Too early to tell").first).to_be_visible()


def leave_at_the_first_question(desk: Desk, flow_id: str, words: str, solved: str) -> None:
    """Follow a flow, answer its first question in words of one's own, and solve it."""
    engineer = "engineer@northwind.example"
    about = {"problem_summary": "Badge printer prints nothing", "flow_id": flow_id}
    session = ask(desk, engineer, "POST", "/ai-sessions", about)
    at = f"/ai-sessions/{session['id']}"
    ask(desk, engineer, "POST", f"{at}/steps", {"free_text": words})
    ask(desk, engineer, "POST", f"{at}/resolve", {"summary": solved})


def first_question(desk: Desk, flow_id: str) -> tuple[str, list[str]]:
    """What the published flow asks first, and its choices."""
    flow = ask(desk, "admin@northwind.example", "GET", f"/flows/{flow_id}")
    root = flow["published"]["tree"]["nodes"]["root"]
    return root["text"], [choice["label"] for choice in root["choices"]]


def test_a_stale_approval_overwrites_nothing(desk: Desk, hurry: Callable[[], None]) -> None:
    who = "admin@northwind.example"
    ends = {"kind": "resolution", "text": "Print a test badge"}
    root: dict[str, Any] = {
        "kind": "question",
        "text": "Is the ribbon empty?",
        "choices": [{"label": "Yes", "next": "end"}, {"label": "No", "next": "end"}],
    }
    tree = {"root": "root", "nodes": {"root": root, "end": ends}}
    flow = ask(desk, who, "POST", "/flows", {"name": NAMED, "category": "Printing", "tree": tree})
    who = "admin@northwind.example"
    ask(desk, who, "POST", f"/flows/{flow['id']}/publish", {})
    leave_at_the_first_question(desk, flow["id"], "It is torn", "Put a new ribbon in")

    hurry()
    admin = desk.person(who)
    admin.on("dialog", lambda dialog: dialog.accept())
    open_proposal(admin, admin.get_by_role("row").filter(has_text="Change to a flow").filter(has_text=NAMED))
    expect(admin.get_by_role("button", name="Publish as it is")).to_be_visible()
    root["text"] = "What about the ribbon?"
    ask(desk, who, "PUT", f"/flows/{flow['id']}/draft", {"name": NAMED, "category": "Printing", "tree": tree})
    ask(desk, who, "POST", f"/flows/{flow['id']}/publish", {})

    admin.get_by_role("button", name="Publish as it is").click()
    expect(admin.get_by_text("The flow was published again since you opened this.")).to_be_visible()
    assert first_question(desk, flow["id"]) == ("What about the ribbon?", ["Yes", "No"])

    # The page shows the difference again, merged into what was published meanwhile.
    expect(admin.get_by_text("What about the ribbon?").first).to_be_visible()
    admin.get_by_role("button", name="Publish as it is").click()
    expect(admin.get_by_text("New sessions follow it.")).to_be_visible()
    assert first_question(desk, flow["id"]) == ("What about the ribbon?", ["Yes", "No", "It is torn"])
