"""The ticket systems that postings are counted in: local servers, and the real ones if they are installed."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.psa.providers.connectwise.place import Place
from tests.psa.providers.system import System
from tests.psa.proxy import Passed
from tests.psa.servers import halopsa, redmine, request_tracker
from tests.psa.servers.autotask.published import ROLE, WORK_TYPE, is_a_change
from tests.psa.servers.autotask.server import autotask_server
from tests.psa.servers.connectwise import server as connectwise
from tests.psa.servers.request_tracker.desk import LIFECYCLES

# In settings, stands for the address at which FlowPilot reaches the ticket system.
ADDRESS = "{address}"

# Shorter than a production system needs, because these answer at once or never.
_SLOWEST_ANSWER: dict[str, Any] = {"slowest_answer_seconds": 10}


@dataclass(frozen=True)
class Target:
    """A running ticket system, and how an account connects to it."""

    kind: str
    name: str
    system: System
    credentials: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    is_a_change: Callable[[Passed], bool] = lambda request: request.method != "GET"


@contextmanager
def _connectwise() -> Iterator[Target]:
    with connectwise.connectwise() as server:
        credentials = {
            "company": connectwise.COMPANY,
            "public_key": connectwise.PUBLIC,
            "private_key": connectwise.PRIVATE,
            "client_id": connectwise.CLIENT_ID,
        }
        yield Target("connectwise", "ConnectWise PSA (local server)", Place(server), credentials, _SLOWEST_ANSWER)


@contextmanager
def _halopsa() -> Iterator[Target]:
    with halopsa.halo_server() as server:
        yield Target(
            "halopsa",
            "HaloPSA (local server)",
            server,
            {"client_id": "flowpilot", "client_secret": halopsa.SECRET},
            {"outcome_id": halopsa.PRIVATE_NOTE, **_SLOWEST_ANSWER},
            lambda request: request.method == "POST" and request.path.startswith("/api/"),
        )


@contextmanager
def _autotask() -> Iterator[Target]:
    with autotask_server() as server:
        yield Target(
            "autotask",
            "Autotask (local server)",
            server,
            {"username": "flowpilot@desk.example", "secret": server.secret, "integration_code": "code"},
            {"role_id": ROLE, "billing_code_id": WORK_TYPE, "zone_lookup_url": ADDRESS, **_SLOWEST_ANSWER},
            lambda request: is_a_change(request.method, request.path),
        )


@contextmanager
def _request_tracker() -> Iterator[Target]:
    with _run_directory() as run, request_tracker.request_tracker(run) as server:
        yield Target(
            "request_tracker",
            "Request Tracker 5",
            request_tracker.Desk(server),
            {"token": server.tokens["flowpilot"]},
            {"lifecycles": LIFECYCLES, **_SLOWEST_ANSWER},
        )


@contextmanager
def _redmine() -> Iterator[Target]:
    with _run_directory() as run, redmine.redmine(run, run / "own") as server:
        yield Target("redmine", "Redmine 5", server, {"api_key": redmine.key_of("flowpilot")}, _SLOWEST_ANSWER)


@contextmanager
def _run_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


TARGETS: Mapping[str, Callable[[], AbstractContextManager[Target]]] = {
    "connectwise": _connectwise,
    "halopsa": _halopsa,
    "autotask": _autotask,
    "request_tracker": _request_tracker,
    "redmine": _redmine,
}


def installed() -> list[str]:
    """The ticket systems that can run here."""
    programs = {
        "request_tracker": Path("/usr/share/request-tracker5/libexec/rt-server"),
        "redmine": redmine.PROGRAM,
    }
    return [kind for kind in TARGETS if kind not in programs or programs[kind].exists()]
