"""What sessions propose."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.settings import Settings
from tests.company import Company
from tests.flows.nested import RESET, publish, sign_in
from tests.knowledge.proposals.loop import TIMES, decide, proposals, resolve, run_analysis, solve, solve_all, whole
from tests.sessions.flows import post, publish_printer_flow, start, take
from tests.sessions.queue import work_off
from tests.sessions.runs.procedure import do_all, start_run

pytestmark = pytest.mark.anyio


async def test_three_sessions_make_one_proposal(client: TestClient, company: Company, database: Database) -> None:
    ids = await solve_all(client, company, database)
    [proposal] = proposals(client, company)
    assert (proposal["kind"], proposal["status"], proposal["session_count"]) == ("new_flow", "pending", 3)
    assert [row["session_id"] for row in whole(client, company, proposal["id"])["evidence"]] == ids[::-1]


async def test_the_draft_has_what_they_did_once(client: TestClient, company: Company, database: Database) -> None:
    await solve_all(client, company, database)
    found = whole(client, company, proposals(client, company)[0]["id"])
    nodes = found["flow"]["tree"]["nodes"].values()
    assert {node["text"] for node in nodes if node["kind"] == "instruction"} == {
        "Media calibration from the printer menu",
        "Cleaned label sensor with compressed air",
    }
    assert (found["problems"], found["origin"], len(found["left_out"])) == ([], "manual", 1)


async def test_its_name_is_how_one_of_them_said_it(
    client: TestClient, company: Company, database: Database
) -> None:
    await solve_all(client, company, database)
    [proposal] = proposals(client, company)
    assert proposal["title"] in {problem for problem, _, _ in TIMES}


async def test_another_problem_is_another_proposal(
    client: TestClient, company: Company, database: Database
) -> None:
    await solve_all(client, company, database)
    await solve(
        client,
        company,
        database,
        "Badge reader at the back door beeps twice",
        ["Held the badge longer"],
        "New battery",
    )
    assert [proposal["session_count"] for proposal in proposals(client, company)] == [3, 1]


async def test_the_same_words_in_another_domain_are_another_proposal(
    client: TestClient, company: Company, database: Database
) -> None:
    for domain in ("Printing", "Scanning"):
        await solve(client, company, database, *TIMES[0], problem_domain=domain)
    assert [proposal["domain"] for proposal in proposals(client, company)] == ["Printing", "Scanning"]


async def test_each_session_of_a_proposal_counts_with_its_own_domain(
    client: TestClient, company: Company, database: Database
) -> None:
    for domain in (None, "Printing", "Printing", "Printing", "Scanning"):
        await solve(client, company, database, *TIMES[0], problem_domain=domain)
    assert [proposal["session_count"] for proposal in proposals(client, company)] == [4, 1]


async def test_a_session_in_which_nobody_did_anything_proposes_nothing(
    client: TestClient, company: Company, database: Database
) -> None:
    await solve(client, company, database, TIMES[0][0], [], "Fixed")
    assert proposals(client, company) == []


async def test_a_session_that_a_flow_covered_proposes_nothing(
    client: TestClient, company: Company, database: Database
) -> None:
    publish_printer_flow(client, company)
    session_id = start(client, company)["id"]
    take(client, company, session_id, choice="Yes")
    take(client, company, session_id, outcome="It prints")
    await resolve(client, company, database, session_id, "It prints again")
    assert proposals(client, company) == []


async def test_a_session_that_left_its_flow_proposes_a_change(
    client: TestClient, company: Company, database: Database
) -> None:
    flow_id = publish_printer_flow(client, company)
    session_id = start(client, company)["id"]
    take(client, company, session_id, free_text="It is in power saving mode")
    take(client, company, session_id, free_text="Woke it from the panel")
    await resolve(client, company, database, session_id, "Turned power saving off")
    [proposal] = proposals(client, company)
    assert (proposal["kind"], proposal["flow_id"], proposal["node"]) == ("flow_change", str(flow_id), "power")
    changed = whole(client, company, proposal["id"])["differences"]["changed"]
    assert [choice["label"] for choice in changed[0]["after"]["choices"]] == [
        "Yes",
        "No",
        "It is in power saving mode",
    ]


async def test_a_session_that_left_a_sub_flow_proposes_a_change_of_that(
    client: TestClient, company: Company, database: Database
) -> None:
    reset = publish(client, company, "Password reset", RESET)
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    session_id = start(client, company, flow_id=str(outer))["id"]
    # The outer flow's node has the same id as the one in which the sub-flow is left.
    take(client, company, session_id, free_text="She forgot it on holiday")
    take(client, company, session_id, choice="No")
    take(client, company, session_id, free_text="It is a local account")
    await resolve(client, company, database, session_id, "Reset it in the computer management")
    [proposal] = proposals(client, company)
    assert (proposal["kind"], proposal["flow_id"], proposal["node"]) == ("flow_change", str(reset), "ask")
    changed = whole(client, company, proposal["id"])["differences"]["changed"]
    assert [choice["label"] for choice in changed[0]["after"]["choices"]] == [
        "Yes",
        "No",
        "It is a local account",
    ]


async def test_sessions_that_left_a_flow_at_the_same_place_make_one_change(
    client: TestClient, company: Company, database: Database
) -> None:
    publish_printer_flow(client, company)
    for text, solved in (
        ("It blinks orange", "Replaced the toner"),
        ("It smells burnt", "Unplugged it, new printer"),
    ):
        session_id = start(client, company)["id"]
        take(client, company, session_id, free_text=text)
        await resolve(client, company, database, session_id, solved)
    [proposal] = proposals(client, company)
    changed = whole(client, company, proposal["id"])["differences"]["changed"]
    assert [choice["label"] for choice in changed[0]["after"]["choices"]][2:] == [
        "It blinks orange",
        "It smells burnt",
    ]


async def test_a_remark_at_a_checklist_that_is_done_proposes_nothing(
    client: TestClient, company: Company, database: Database
) -> None:
    run_id = start_run(client, company, type="troubleshooting")
    do_all(client, company, run_id)
    take(client, company, run_id, free_text="Anna is on holiday until Monday")
    await resolve(client, company, database, run_id, "Anna's new PC is on her desk")
    assert proposals(client, company) == []


async def test_analysing_a_session_again_changes_nothing(
    client: TestClient, company: Company, database: Database
) -> None:
    await solve(client, company, database, *TIMES[0])
    before = whole(client, company, proposals(client, company)[0]["id"])
    await run_analysis(company, database)
    assert whole(client, company, before["id"]) == before


async def test_a_reopened_session_is_no_evidence_until_it_is_solved_again(
    client: TestClient, company: Company, database: Database
) -> None:
    ids = await solve_all(client, company, database)
    [proposal] = proposals(client, company)
    assert post(client, company, f"{ids[0]}/reopen", reason="It skips again").status_code == 200
    assert len(whole(client, company, proposal["id"])["evidence"]) == 2
    await resolve(client, company, database, ids[0], "Ran the media calibration twice")
    assert len(whole(client, company, proposal["id"])["evidence"]) == 3


async def test_the_job_analyses(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    session_id = start(client, company, problem_summary=TIMES[0][0])["id"]
    assert post(client, company, f"{session_id}/resolve", summary=TIMES[0][2]).status_code == 200
    await work_off(company, settings, database)
    assert len(proposals(client, company)) == 1


async def test_the_neighbour_sees_nothing(
    client: TestClient, company: Company, neighbour: Company, database: Database
) -> None:
    await solve(client, company, database, *TIMES[0])
    [proposal] = proposals(client, company)
    assert proposals(client, neighbour) == []
    assert client.get(f"/api/v1/proposals/{proposal['id']}", headers=neighbour.headers()).status_code == 404


async def test_what_is_being_edited_stays_as_the_reviewer_read_it(
    client: TestClient, company: Company, database: Database
) -> None:
    await solve_all(client, company, database)
    before = whole(client, company, proposals(client, company)[0]["id"])
    assert decide(client, company, before["id"], "edit").status_code == 200
    await solve(client, company, database, TIMES[0][0], ["Turned the roll around"], TIMES[0][2])
    after = whole(client, company, before["id"])
    assert (after["session_count"], after["flow"]) == (4, before["flow"])


async def test_its_title_is_that_of_a_problem_and_not_the_whole_mail(
    client: TestClient, company: Company, database: Database
) -> None:
    title = "Badge reader at the gate stays red"
    body = f"Hello team,\n{title}.\nWe are all outside, and it rains.\nBest regards\nThe guards"
    await solve(client, company, database, title, ["Replaced the fuse"], problem_body=body)
    [found] = proposals(client, company)
    flow = whole(client, company, found["id"])["flow"]
    assert (found["title"], flow["name"], flow["keywords"]) == (title, title, [title])
