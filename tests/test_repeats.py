"""What is repeated as rows is what the product does."""

import json
from types import SimpleNamespace
from typing import Any, cast

from fastapi.testclient import TestClient

from tests import repeats
from tests.company import Company
from tests.handoffs.helpers import check_laws, hand_over
from tests.sessions.flows import node_of, publish_printer_flow, read, start, take


def _story(client: TestClient, company: Company) -> list[Any]:
    """A flow, two sessions that follow it, and one that is handed over."""
    flow_id = str(publish_printer_flow(client, company))
    return [start(client, company), start(client, company, flow_id=flow_id), hand_over(client, company)]


def _written(company: Company, said: Any) -> str:
    """All rows and jobs of an account and what was said, with the ids numbered and without times."""
    jobs = "SELECT to_jsonb(j) - 'id' FROM procrastinate_jobs j WHERE args->>'account_id' = %s ORDER BY id"
    text = json.dumps([repeats._all_of(company)[0], company.query(jobs, str(company.id)), said])
    numbers = {id_: str(number) for number, id_ in enumerate(dict.fromkeys(repeats._ID.findall(text)))}
    return repeats._TIME.sub("", repeats._ID.sub(lambda found: numbers[found[0]], text))


def test_rows_jobs_and_answers_are_those_of_the_product(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    repeats.forget()
    made = _story(client, company)
    mute = cast(TestClient, SimpleNamespace(app=client.app))  # Any request to it fails.
    assert _written(neighbour, _story(mute, neighbour)) == _written(company, made)


def test_what_was_repeated_goes_on_as_if_the_product_had_done_it(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    for each in (company, neighbour):
        _, session, handoff = _story(client, each)
        assert read(client, each, session["id"])["version"] == session["version"]
        take(client, each, session["id"], choice="Yes")
        queue = client.get("/api/v1/handoffs", headers=each.headers()).json()
        assert [item["id"] for item in queue["items"]] == [handoff["id"]]
        check_laws(each)


def test_an_account_that_looks_different_is_not_that_account(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    publish_printer_flow(client, company)
    assert [node_of(start(client, each)) for each in (company, neighbour)] == ["power", None]
