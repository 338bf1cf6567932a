"""How a server of several processes begins and ends."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx2

from flowpilot.identity.actor import Role
from tests.cli.conftest import Run, of_its_own
from tests.cli.serving.serving import SOON_SECONDS, data_of, ends, serving
from tests.company import PASSWORD, Company
from tests.live.streams import PATH
from tests.places import open_directory


def test_streams_do_not_hold_up_its_end(environment: dict[str, str], redis_url: str, company: Company) -> None:
    with serving(environment, redis_url) as workers, workers.clients() as clients:
        for client in clients:
            request = client.build_request("GET", PATH, headers=company.headers(Role.VIEWER))
            assert client.send(request, stream=True).status_code == 200
        pids = [ends(pid) for pid in workers.pids]
        assert workers.stop() == 0
        assert all(poll.poll(0) for poll in pids)
    assert not list(data_of(environment).glob("metrics-*"))


def test_what_does_not_start_is_not_tried_again(flowpilot: Run, redis_url: str) -> None:
    with_nonsense = {"FLOWPILOT_LIMIT_STORAGE": redis_url, "FLOWPILOT_REPLICA_URL": "nonsense"}
    done = flowpilot("serve", "--workers", "2", "--port", "0", **with_nonsense)
    assert done.returncode == 1
    assert "FLOWPILOT_REPLICA_URL" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_one_first_owner_is_made_whichever_process_is_asked(environment: dict[str, str], redis_url: str) -> None:
    with open_directory() as parent:
        own = of_its_own(environment, parent / "data")
        postmaster = parent / "data" / "postgres" / "postmaster.pid"
        with serving(own, redis_url) as workers:
            [code] = parse_qs(urlsplit(workers.said(r"(http\S+/setup\S+)")[1]).query)["code"]
            with workers.clients() as clients, ThreadPoolExecutor() as pool:
                answers = list(pool.map(lambda client: _set_up(client, code), clients))
                assert sorted(answer.status_code for answer in answers) == [303, 409]
                # Neither offers it any more, and whoever was first is signed in at both.
                assert [client.get("/setup").status_code for client in clients] == [409, 409]
                first, other = clients if answers[0].is_redirect else clients[::-1]
                other.cookies = first.cookies
                assert [client.get("/").status_code for client in clients] == [200, 200]
            assert workers.stop() == 0
        # Their database went with them.
        assert not postmaster.exists()
        with serving(own, redis_url) as workers:
            ending = [ends(pid) for pid in workers.pids]
            workers.process.kill()
            # They miss their parent, and the last of them stops the database.
            assert all(poll.poll(1000 * SOON_SECONDS) for poll in ending)
            assert not postmaster.exists()
            [left] = (parent / "data").glob("metrics-*")
        with serving(own, redis_url) as workers:
            assert not left.exists()
            assert workers.stop() == 0


def _set_up(client: httpx2.Client, code: str) -> httpx2.Response:
    form = {"code": code, "account_name": "Desk", "timezone": "UTC", "name": "Kim", "password": PASSWORD}
    headers = {"Origin": str(client.base_url).rstrip("/")}
    return client.post("/setup", data=form | {"email": "kim@example.com"}, headers=headers)
