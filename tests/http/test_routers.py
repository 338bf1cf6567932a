"""A room finds the route of a request by the parts of its path, and looks once through what that depends on."""

from types import SimpleNamespace
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.http.routers import Room, collect
from flowpilot.settings import Settings


def _part(prefix: str) -> APIRouter:
    router = APIRouter(prefix=prefix)

    @router.get("/{name}")
    def read(name: str) -> str:
        return f"{prefix} {name}"

    @router.get("/{name}/as.{form}")
    def read_as(name: str, form: str) -> str:
        return f"{prefix} {name} {form}"

    @router.post("")
    def add() -> str:
        return prefix

    return router


def _app(*prefixes: str) -> FastAPI:
    app = FastAPI()
    rooms = [collect(SimpleNamespace(router=_part(prefix))) for prefix in prefixes]
    app.include_router(collect(*(SimpleNamespace(router=room) for room in rooms)))
    return app


def test_each_path_finds_its_route() -> None:
    with TestClient(_app("/flows", "/flows/drafts", "/clients")) as client:
        assert client.get("/clients/7").json() == "/clients 7"
        assert client.get("/clients/7/as.md").json() == "/clients 7 md"
        assert client.get("/flows/drafts").json() == "/flows drafts"
        assert client.get("/flows/drafts/7").json() == "/flows/drafts 7"
        assert client.post("/clients/").json() == "/clients"  # Led to the path without the slash.
        assert (client.get("/clients").status_code, client.get("/client").status_code) == (405, 404)
        assert client.get("/clients/7/8/9").status_code == 404


def test_of_two_routes_for_a_path_the_first_answers_that_has_its_method() -> None:
    router = APIRouter()

    @router.get("/handoffs/{name}")
    def read(name: str) -> str:
        return f"the one called {name}"

    @router.post("/handoffs/stream")
    def begin() -> str:
        return "begun"

    @router.get("/handoffs/stream")
    def stream() -> str:
        return "never"

    app = FastAPI()
    app.include_router(collect(SimpleNamespace(router=router)))
    with TestClient(app) as client:
        assert client.get("/handoffs/stream").json() == "the one called stream"
        assert client.post("/handoffs/stream").json() == "begun"


def test_a_parameter_may_be_several_parts_of_a_path() -> None:
    router = APIRouter(prefix="/saved")

    @router.get("/{name:path}.toml")
    def as_file(name: str) -> str:
        return f"file {name}"

    @router.get("/{name:path}")
    def read(name: str) -> str:
        return f"read {name}"

    app = FastAPI()
    app.include_router(collect(SimpleNamespace(router=router)))
    with TestClient(app) as client:
        assert client.get("/saved/a/b").json() == "read a/b"
        assert client.get("/saved/a/b.toml").json() == "file a/b"


def _called(dependant: Dependant) -> list[object]:
    """What is looked through: each with all that it needs."""
    return [call for one in dependant.dependencies for call in (one.call, *_called(one))]


def test_what_several_depend_on_is_called_once_and_looked_through_once() -> None:
    calls: list[str] = []

    async def who() -> str:
        calls.append("who")
        return "Kim"

    async def where(who: Annotated[str, Depends(who)]) -> str:
        calls.append("where")
        return f"{who} at home"

    async def both(who: Annotated[str, Depends(who)], where: Annotated[str, Depends(where)]) -> list[str]:
        return [who, where]

    router = APIRouter()

    @router.get("/")
    async def read(where: Annotated[str, Depends(where)], both: Annotated[list[str], Depends(both)]) -> list[str]:
        return [where, *both]

    app = FastAPI()
    app.include_router(collect(SimpleNamespace(router=router)))
    with TestClient(app) as client:
        assert client.get("/").json() == ["Kim at home", "Kim", "Kim at home"]
    assert calls == ["who", "where"]
    [route] = router.routes
    assert isinstance(route, APIRoute)
    assert _called(route.dependant) == [where, who, both, who, where]


def test_what_a_request_says_wrongly_is_found_wherever_it_is_asked_for() -> None:
    async def number(number: int) -> int:
        return number

    async def twice(number: Annotated[int, Depends(number)]) -> int:
        return 2 * number

    router = APIRouter()

    @router.get("/")
    async def read(number: Annotated[int, Depends(number)], twice: Annotated[int, Depends(twice)]) -> list[int]:
        return [number, twice]

    app = FastAPI()
    app.include_router(collect(SimpleNamespace(router=router)))
    with TestClient(app) as client:
        assert client.get("/?number=2").json() == [2, 4]
        assert client.get("/?number=two").status_code == 422


def test_who_is_refused_is_refused_once() -> None:
    async def who() -> str:
        raise HTTPException(401)

    async def again(who: Annotated[str, Depends(who)]) -> str:
        return who

    router = APIRouter()

    @router.get("/")
    async def read(who: Annotated[str, Depends(who)], again: Annotated[str, Depends(again)]) -> list[str]:
        return [who, again]

    app = FastAPI()
    app.include_router(collect(SimpleNamespace(router=router)))
    with TestClient(app) as client:
        assert client.get("/").status_code == 401


def test_a_route_looks_through_little_more_than_it_depends_on(settings: Settings) -> None:
    """Without that, a step looks through 57, and the longest form through more than a hundred."""
    app = create_app(settings, "postgresql://nobody@127.0.0.1:1/none")
    [room] = [room for one in app.routes if isinstance(room := getattr(one, "original_router", None), Room)]
    assert len(room.routes) > 400
    assert max(len(_called(route.dependant)) for route in room.routes if isinstance(route, APIRoute)) <= 35
