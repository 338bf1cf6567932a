"""A route that is called by a plan answers as FastAPI would have it answer."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Form, Header, HTTPException, Query, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

from flowpilot.app import create_app
from flowpilot.http import calling
from flowpilot.http.problems import install_error_handlers
from flowpilot.http.routers import Room, collect
from flowpilot.settings import Settings


class Asked(BaseModel):
    text: str = Field(min_length=2)
    number: int = 1


class Answered(BaseModel):
    text: str
    number: int
    notes: list[str] = []


async def caller(authorization: Annotated[str | None, Header()] = None) -> str:
    if authorization is None:
        raise HTTPException(401, "Who are you?")
    return authorization


async def transaction(request: Request, caller: Annotated[str, Depends(caller)]) -> AsyncIterator[list[str]]:
    said = [f"begun by {caller}"]
    try:
        yield said
        request.app.state.ends.append("kept")
    except Exception:
        request.app.state.ends.append("undone")
        raise


Transaction = Annotated[list[str], Depends(transaction, scope="function")]


async def nth(number: int, said: Transaction) -> str:
    return f"{said[0]} {number}"


def _router() -> APIRouter:
    router = APIRouter()

    @router.post("/things/{number}", status_code=201)
    async def make(body: Asked, nth: Annotated[str, Depends(nth)], said: Transaction) -> Answered:
        if body.text == "fail":
            raise RuntimeError("after the write")
        if body.text == "no":
            raise HTTPException(409, "Not that.")
        return Answered(text=body.text, number=body.number, notes=[*said, nth])

    @router.get("/things")
    async def search(
        caller: Annotated[str, Depends(caller)], words: Annotated[list[str], Query()], limit: int = 5
    ) -> dict[str, Any]:
        return {"words": words, "limit": limit, "by": caller}

    @router.get("/things.txt", response_class=PlainTextResponse)
    async def as_text() -> PlainTextResponse:
        return PlainTextResponse("things", headers={"X-Kind": "plain"})

    @router.delete("/things/{number}", status_code=204)
    async def remove(number: int) -> None:
        """Answer with nothing."""

    @router.post("/forms")
    async def form(number: Annotated[int, Form()]) -> int:
        return number

    @router.put("/any")
    async def anything(request: Request) -> str:
        return (await request.body()).decode()

    @router.put("/wrong")
    async def wrong() -> Answered:
        return {"text": 1}  # type: ignore[return-value]

    return router


class Way:
    """An app with these routes, and how its transactions have ended."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.app.state.ends = self.ends = list[str]()
        self.app.include_router(collect(SimpleNamespace(router=_router())))
        install_error_handlers(self.app, _no_page)

    def ask(self, method: str, path: str, **said: Any) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers."""
        with TestClient(self.app, raise_server_exceptions=False) as client:
            answer: Response = client.request(method, path, **said)  # type: ignore[assignment]
        return answer.status_code, answer.text, dict(answer.headers)  # type: ignore[attr-defined]


async def _no_page(*_: object) -> None:
    """Nobody here has a browser."""


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> tuple[Way, Way]:
    """By a plan, and by FastAPI alone."""
    planned = Way()
    planned.ask("GET", "/things.txt")
    with monkeypatch.context() as patched:
        patched.setattr("flowpilot.http.routers.answering", lambda route: route.app)
        plain = Way()
        for method, path in (("POST", "/things/1"), ("GET", "/things"), ("GET", "/things.txt")):
            plain.ask(method, path)
        for method, path in (("DELETE", "/things/1"), ("POST", "/forms"), ("PUT", "/any"), ("PUT", "/wrong")):
            plain.ask(method, path)
    plain.ends.clear()
    return planned, plain


KIM = {"Authorization": "Kim"}


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/things/7", {"json": {"text": "that", "number": 3}, "headers": KIM}),
        ("POST", "/things/7", {"json": {"text": "that"}}),
        ("POST", "/things/seven", {"json": {"text": "that"}}),
        ("POST", "/things/seven", {"json": {"text": "x"}, "headers": KIM}),
        ("POST", "/things/7", {"json": {"text": "x", "number": "many"}, "headers": KIM}),
        ("POST", "/things/7", {"headers": KIM}),
        ("POST", "/things/7", {"content": b'{"text": ', "headers": KIM | {"Content-Type": "application/json"}}),
        ("POST", "/things/7", {"content": b'{"text": "ok"}', "headers": KIM}),
        ("POST", "/things/7", {"content": b"\xff", "headers": KIM | {"Content-Type": "application/json"}}),
        ("POST", "/things/7", {"content": b"[" * 99_999, "headers": KIM | {"Content-Type": "application/json"}}),
        (
            "POST",
            "/things/7",
            {
                "content": b'{"text": "ok"}',
                "headers": KIM | {"Content-Type": "application/vnd.x+json; charset=utf-8"},
            },
        ),
        ("POST", "/things/7", {"content": b'{"text": "ok"}', "headers": KIM | {"Content-Type": "text/plain"}}),
        ("POST", "/things/7", {"json": {"text": "fail"}, "headers": KIM}),
        ("POST", "/things/7", {"json": {"text": "no"}, "headers": KIM}),
        ("GET", "/things?words=a&words=b", {"headers": KIM}),
        ("GET", "/things?words=a&limit=many", {"headers": KIM}),
        ("GET", "/things?limit=many", {}),
        ("GET", "/things.txt", {}),
        ("DELETE", "/things/1", {}),
        ("DELETE", "/things/one", {}),
        ("PATCH", "/things/1", {}),
        ("POST", "/forms", {"data": {"number": "4"}}),
        ("POST", "/forms", {"data": {"number": "four"}}),
        ("PUT", "/any", {"content": b"anything at all"}),
        ("PUT", "/wrong", {}),
    ],
)
def test_it_answers_the_same(ways: tuple[Way, Way], method: str, path: str, said: dict[str, Any]) -> None:
    planned, plain = ways
    assert planned.ask(method, path, **said) == plain.ask(method, path, **said)
    assert planned.ends == plain.ends


def test_most_routes_are_planned(settings: Settings) -> None:
    app = create_app(settings, "postgresql://nobody@127.0.0.1:1/none")
    [room] = [room for one in app.routes if isinstance(room := getattr(one, "original_router", None), Room)]
    routes = [route for route in room.routes if isinstance(route, APIRoute)]
    planned = [route for route in routes if calling.answering(route) is not route.app]
    assert len(planned) > 0.7 * len(routes)
    forms = [route for route in routes if route not in planned and route.path.startswith("/api/v1/ai-sessions")]
    assert forms == []
