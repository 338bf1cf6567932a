"""A room's routes are looked through only for paths that begin like one of them."""

from types import SimpleNamespace

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Match
from starlette.types import Scope

from flowpilot.http.routers import Room, collect


def _part(prefix: str) -> APIRouter:
    router = APIRouter(prefix=prefix)

    @router.get("/{name}")
    def read(name: str) -> str:
        return f"{prefix} {name}"

    @router.post("")
    def add() -> str:
        return prefix

    return router


def _app(*prefixes: str) -> FastAPI:
    app = FastAPI()
    rooms = [collect(SimpleNamespace(router=_part(prefix))) for prefix in prefixes]
    app.include_router(collect(*(SimpleNamespace(router=room) for room in rooms)))
    return app


def test_each_path_finds_its_route_through_all_levels() -> None:
    with TestClient(_app("/flows", "/flows/drafts", "/clients")) as client:
        assert client.get("/clients/7").json() == "/clients 7"
        assert client.get("/flows/drafts").json() == "/flows drafts"
        assert client.get("/flows/drafts/7").json() == "/flows/drafts 7"
        assert client.post("/clients/").json() == "/clients"  # Led to the path without the slash.
        assert (client.get("/clients").status_code, client.get("/client").status_code) == (405, 404)


def test_a_room_knows_the_beginnings_of_its_rooms() -> None:
    room = collect(SimpleNamespace(router=collect(SimpleNamespace(router=_part("/flows")))))
    assert isinstance(room, Room)
    assert set(room.beginnings) == {"/flows/", "/flows"}


def test_a_room_is_not_looked_through_for_another_path(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_through: list[tuple[str, ...]] = []
    matches = APIRouter.matches

    def listening(self: Room, scope: Scope) -> tuple[Match, Scope]:
        looked_through.append(self.beginnings)
        return matches(self, scope)

    monkeypatch.setattr(APIRouter, "matches", listening)
    with TestClient(_app("/flows", "/clients")) as client:
        assert client.get("/clients/7").json() == "/clients 7"
    assert looked_through
    assert not any(set(beginnings) == {"/flows/", "/flows"} for beginnings in looked_through)
