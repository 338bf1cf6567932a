"""The analytics tabs: who may see them, their state in the address, and that one failed part leaves the rest."""

import html
import json
import re
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from flowpilot.analytics.period import Window
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Role
from flowpilot.web.analytics import tabs as analytics
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.history import JANUARY, live_through

TABS = ("overview", "coverage", "flow-quality", "escalations", "load", "psa", "knowledge-gaps", "savings")
TRY_AGAIN = "This cannot be shown now"


@pytest.mark.parametrize("tab", TABS)
def test_an_empty_account_sees_what_to_do(signed_in: SignedIn, tab: str) -> None:
    answer = signed_in(Role.OWNER).get(f"/analytics/{tab}")
    assert answer.status_code == 200
    assert TRY_AGAIN not in answer.text
    assert "empty-title" in answer.text or "What is missing:" in answer.text


@pytest.mark.parametrize("tab", TABS)
def test_a_busy_account_sees_its_figures(signed_in: SignedIn, company: Company, tab: str) -> None:
    live_through(company)
    answer = signed_in(Role.TEAM_ADMIN).get(f"/analytics/{tab}", params=JANUARY | {"compare": "true"})
    assert answer.status_code == 200
    assert TRY_AGAIN not in answer.text
    assert answer.text.count("<h1>") == 1
    # A browser ends a paragraph where a block begins, and what follows stands on a line of its own.
    assert re.findall(r"<p\b[^>]*>(?:(?!</p>).)*?<div[^>]*>", answer.text, re.DOTALL) == []


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("tab", TABS)
def test_who_may_see_a_tab(signed_in: SignedIn, tab: str, role: Role) -> None:
    allowed = role in {Role.TEAM_ADMIN, Role.OWNER} or (role is Role.ENGINEER and tab == "escalations")
    assert signed_in(role).get(f"/analytics/{tab}").status_code == (200 if allowed else 403)


@pytest.mark.parametrize(
    ("role", "first"), [(Role.OWNER, "overview"), (Role.TEAM_ADMIN, "overview"), (Role.ENGINEER, "escalations")]
)
def test_the_first_tab_is_the_first_one_may_see(signed_in: SignedIn, role: Role, first: str) -> None:
    answer = signed_in(role).get("/analytics", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/analytics/{first}")


def test_the_first_tab_shows_the_days_that_were_asked_for(signed_in: SignedIn) -> None:
    days = "from=2026-03-02&to=2026-03-03"
    answer = signed_in(Role.OWNER).get(f"/analytics?{days}", follow_redirects=False)
    assert answer.headers["location"] == f"/analytics/overview?{days}"


def test_a_viewer_may_not_see_analytics(signed_in: SignedIn) -> None:
    assert signed_in(Role.VIEWER).get("/analytics").status_code == 403


def test_an_engineer_sees_no_way_to_the_other_tabs(signed_in: SignedIn) -> None:
    page = signed_in(Role.ENGINEER).get("/analytics/escalations").text
    assert set(re.findall(r'href="/analytics/([a-z-]+)"', page)) == {"escalations", "me"}


def test_the_window_and_the_comparison_stay_from_tab_to_tab(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = html.unescape(browser.get("/analytics/overview", params=JANUARY | {"compare": "true"}).text)
    assert 'href="/analytics/coverage?from=2026-01-01&to=2026-02-01&compare=true"' in page
    assert 'href="/analytics/overview?compare=true&period=7d"' in page
    assert 'name="from" required value="2026-01-01"' in page
    assert "1 Jan 2026, 00:00" in page


def test_the_chosen_period_is_marked(signed_in: SignedIn) -> None:
    page = signed_in(Role.OWNER).get("/analytics/overview?period=90d").text
    assert re.search(r'class="btn active" href="[^"]*period=90d" aria-current="true"', page)


def test_all_time_is_from_the_first_day_to_the_last(signed_in: SignedIn, company: Company) -> None:
    for day in ("2016-02-29", "2026-06-15"):
        times = {"created_at": f"{day} 12:00Z", "resolved_at": f"{day} 13:00Z"}
        company.add("ai_sessions", status="resolved", **times)
    path = "/analytics/overview?from=2016-02-29&to=2026-06-16"
    browser = signed_in(Role.OWNER)
    assert f'href="{path}">All time' in html.unescape(browser.get("/analytics/overview").text)
    page = html.unescape(browser.get(path).text)
    assert f'href="{path}" aria-current="true">All time' in page
    assert "By month, because there are more than 100 weeks." in page
    assert "resolved_from=2016-02-01&resolved_until=2016-02-29" in page


def test_a_range_that_makes_no_sense_says_so(signed_in: SignedIn) -> None:
    answer = signed_in(Role.OWNER).get("/analytics/overview?from=2026-02-01&to=2026-01-01")
    assert answer.status_code == 422
    assert "from must be before to." in answer.text


def test_a_comparison_shows_the_period_before(signed_in: SignedIn, company: Company) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    plain = browser.get("/analytics/overview", params=JANUARY).text
    compared = browser.get("/analytics/overview", params=JANUARY | {"compare": "true"}).text
    assert ("Before:" in plain, "Before: 0<" in compared) == (False, True)


def test_a_comparison_at_the_same_age_says_so_and_shows_both_figures(
    signed_in: SignedIn, company: Company
) -> None:
    """In January, whatever was before it: nothing here, so this window's own share stands alone."""
    live_through(company)
    browser = signed_in(Role.OWNER)
    page = html.unescape(browser.get("/analytics/overview", params=JANUARY | {"compare": "true"}).text)
    card = page.split('id="kpi-time_to_resolution"', 1)[1].split("</section>", 1)[0]
    assert "Compared by what had happened when each session was 7 days old; younger ones do not count." in card
    assert re.search(r"This period: [^<]+<br>Before: –", card)
    share = page.split('id="kpi-resolved_by_age"', 1)[1].split("</section>", 1)[0]
    assert re.search(r'class="stat mb-1">\d+\.\d\xa0%<', share)
    assert "sessions old enough" in share


def test_flows_are_sorted_as_asked(signed_in: SignedIn, company: Company) -> None:
    for name, n in (("Rarely", 11), ("Often", 14)):
        flow = company.add("trees", name=name)
        for day in range(1, n + 1):
            status = "resolved" if name == "Rarely" else "abandoned"
            moment = f"2026-01-{day:02} 08:00Z"
            company.add("ai_sessions", status=status, matched_flow_id=flow, created_at=moment)
    company.add("trees", name="Never")
    browser = signed_in(Role.OWNER)
    for sort, order in (("quality", ["Rarely", "Often"]), ("usage", ["Often", "Rarely"])):
        page = browser.get("/analytics/flow-quality", params=JANUARY | {"sort": sort}).text
        judged, few = page.split("Too few cases to be judged", 1)
        names = re.findall(r'scope="row"><a class="wrap" href="/flows/[^"]+">(\w+)<', judged)
        assert names == order
        assert ("Never" in few, "Rarely" in few) == (True, False)
    assert browser.get("/analytics/flow-quality?sort=x").status_code == 422


async def _fail(db: ReadDb, window: Window, *args: object, **asked: object) -> None:
    await db.execute(text("SELECT 1/0"))


def test_flows_that_nothing_was_matched_to_are_not_called_fresh(signed_in: SignedIn, company: Company) -> None:
    company.add("trees", name="VPN")
    browser = signed_in(Role.OWNER)
    never, fresh = "No flow in use was ever matched.", "was matched in the last 30 days."
    page = browser.get("/analytics/flow-quality").text
    assert (never in page, fresh in page) == (True, False)
    live_through(company)
    page = browser.get("/analytics/flow-quality", params=JANUARY).text
    assert never not in page


def test_a_report_that_fails_leaves_the_rest(
    signed_in: SignedIn, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    monkeypatch.setattr(analytics, "psa_metrics", _fail)
    answer = browser.get("/analytics/psa", params=JANUARY)
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    assert page.count(TRY_AGAIN) == 1
    assert answer.headers["X-Request-ID"] in page
    assert 'href="/analytics/psa?from=2026-01-01&to=2026-02-01">' in page
    # The second card's report ran after the first one's statement had failed.
    assert "How pushes went" in page
    assert 'href="/analytics/coverage?' in page


async def _take_too_long(db: ReadDb, window: Window, *args: object, **asked: object) -> None:
    await db.execute(text("SET LOCAL statement_timeout = 100"))
    await db.execute(text("SELECT pg_sleep(60)"))


def test_a_report_that_takes_too_long_leaves_the_rest_and_has_no_traceback(
    signed_in: SignedIn, company: Company, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    monkeypatch.setattr(analytics, "psa_metrics", _take_too_long)
    page = browser.get("/analytics/psa", params=JANUARY).text
    assert "This took the database too long." in page
    assert "How pushes went" in page
    assert [record.exc_info for record in caplog.records if record.exc_info] == []


async def _lose_the_connection(db: ReadDb, window: Window, *args: object, **asked: object) -> None:
    await db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_a_lost_database_is_reported_once_for_all_reports(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in(Role.OWNER)
    monkeypatch.setattr(analytics, "psa_metrics", _lose_the_connection)
    answer = browser.get("/analytics/psa")
    assert (answer.status_code, answer.headers["Refresh"]) == (503, "5")
    assert [record.exc_info for record in caplog.records if record.exc_info] == []


def test_too_many_requests_are_explained_in_the_card(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    pages = [browser.get("/analytics/coverage") for _ in range(16)]
    assert [TRY_AGAIN in page.text for page in pages] == [False] * 15 + [True]
    assert "At most 15 requests a minute" in pages[-1].text


def test_every_chart_has_its_words_its_table_and_its_data(signed_in: SignedIn, company: Company) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    found = 0
    for tab in TABS:
        page = browser.get(f"/analytics/{tab}", params=JANUARY).text
        charts = re.findall(r'<div class="chart" .*?role="img" aria-label="([^"]+)"', page)
        found += len(charts)
        assert page.count('<script type="application/json">') == len(charts)
        assert page.count("<summary>As a table</summary>") == len(charts)
        assert "<script>" not in page
        assert "style=" not in page
    assert found == 9


@pytest.mark.parametrize(
    ("tab", "then", "now"),
    [
        ("overview", "less than 7 days before the end of the window.", "less than 7 days ago."),
        ("overview", "watched for less than 7 days by the end of the window.", "so it still moves."),
        ("escalations", "old at the end of the window.", "The oldest is"),
    ],
)
def test_what_is_said_of_the_end_of_a_past_window_is_not_said_of_today(
    signed_in: SignedIn, company: Company, tab: str, then: str, now: str
) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    past = browser.get(f"/analytics/{tab}", params=JANUARY).text
    assert (then in past, now in past) == (True, False)
    coming = browser.get(f"/analytics/{tab}", params=JANUARY | {"to": "2999-01-01"}).text
    assert (then in coming, now in coming) == (False, True)


def _trend(browser: TestClient, **asked: str) -> list[tuple[str, float | None]]:
    page = browser.get("/analytics/overview", params=asked).text
    specs = [json.loads(spec) for spec in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    return [tuple(point) for spec in specs if spec.get("name") == "MTTR" for point in spec["points"]]


def test_a_trend_is_not_drawn_across_days_without_data(signed_in: SignedIn, company: Company) -> None:
    for day in ("01-02", "01-05", "01-20"):
        moments = {"created_at": f"2026-{day} 08:00Z", "resolved_at": f"2026-{day} 09:00Z"}
        company.add("ai_sessions", status="resolved", **moments)
    found = [("2026-01-02", 60), ("2026-01-05", 60), ("2026-01-06", None), ("2026-01-20", 60)]
    assert _trend(signed_in(Role.OWNER), **JANUARY) == found


def test_a_trend_by_week_has_a_gap_for_a_week_without_data(signed_in: SignedIn, company: Company) -> None:
    for day in ("01-05", "01-12", "01-26", "06-01"):
        moments = {"created_at": f"2026-{day} 08:00Z", "resolved_at": f"2026-{day} 09:00Z"}
        company.add("ai_sessions", status="resolved", **moments)
    found = _trend(signed_in(Role.OWNER), **{"from": "2026-01-01", "to": "2026-07-01"})
    assert [day for day, minutes in found if minutes is None] == ["2026-01-19", "2026-02-02"]


def test_a_day_that_is_not_over_is_marked(signed_in: SignedIn, company: Company, client: TestClient) -> None:
    [[now]] = company.query("SELECT now() - interval '1 second'")
    company.add("ai_sessions", status="resolved", created_at=now, resolved_at=now)
    page = signed_in(Role.OWNER).get("/analytics/overview?period=7d").text
    day: date = now.date()
    assert re.search(rf'{day.isoformat()} <span class="badge tone-secondary">not over</span>', page)


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("overview", ["1 at an unknown time"]),
        ("coverage", ["1 at an unknown time"]),
        ("escalations", ["1 more claimed at an unknown time", "1 claimed at an unknown time"]),
        ("savings", ["1 more claimed at an unknown time"]),
    ],
)
def test_a_figure_says_how_many_cases_have_an_unknown_time(
    signed_in: SignedIn, company: Company, tab: str, words: list[str]
) -> None:
    live_through(company)
    page = signed_in(Role.OWNER).get(f"/analytics/{tab}", params=JANUARY).text
    assert [said for said in words if f">{said}</a>" not in page] == []
