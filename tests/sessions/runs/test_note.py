"""The note for the ticket says what was ticked, filled in and waived, and by whom."""

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import SESSIONS
from tests.sessions.runs.procedure import mark


def test_the_note_has_the_checklist_with_its_fields_and_waivers(
    client: TestClient, company: Company, run_id: str
) -> None:
    mark(client, company, run_id, do="fill", field="name", value="PC-12")
    mark(client, company, run_id, do="tick", item="unpack")
    mark(client, company, run_id, do="undo", item="unpack")
    mark(client, company, run_id, do="tick", item="join")
    session = mark(client, company, run_id, Role.TEAM_ADMIN, do="waive", item="label", reason="No labels left")
    names = {person["id"]: person["name"] for person in session["people"]}
    times = [step["created_at"][:16].replace("T", " ") for step in session["steps"]]
    engineer, admin = (names[str(company.users[role])] for role in (Role.ENGINEER, Role.TEAM_ADMIN))
    note = client.get(f"{SESSIONS}/{run_id}/documentation.txt", headers=company.headers()).text
    assert "FILLED IN\n- Name of the PC: PC-12\n" in note
    assert f"CHECKLIST\n- Join PC-12. ({engineer}, {times[3]})\n" in note
    assert f"WAIVED\n- Label it: No labels left ({admin}, {times[4]})\n" in note
    assert "Unpack" not in note
