"""The routes of a room's parts as one router, which finds the one that answers by its path."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette._utils import get_route_path
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from flowpilot.http.calling import answering
from flowpilot.http.dependencies import solve_each_once

_FOUND = "flowpilot.found"


class Part(Protocol):
    """A module with routes."""

    router: APIRouter


class Room(APIRouter):
    """Routes that are found by the parts of their paths.

    FastAPI tries all routes of all routers in turn, and once more on each level.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether one of the routes answers the request, and if so, remember which."""
        found = self._find(scope)
        if found is None:
            return Match.NONE, {}
        scope[_FOUND] = found
        return found[0], {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the route answer that was found."""
        match, one, said = scope.pop(_FOUND)
        scope.update(said)
        await (one.app if match is Match.FULL else one.route.handle)(scope, receive, send)

    def answering(self, scope: Scope) -> APIRoute | None:
        """The route that answers the request."""
        found = self._find(scope)
        return None if found is None or found[0] is not Match.FULL else found[1].route

    def add(self, router: APIRouter) -> None:
        """Add the routes of another router."""
        for route in router.routes:
            assert isinstance(route, APIRoute)
            solve_each_once(route.dependant)
            self.routes.append(route)

    def _find(self, scope: Scope) -> "tuple[Match, _Numbered, Scope] | None":
        """The first route that answers the request, or the first with its path but without its method."""
        partial: tuple[Match, _Numbered, Scope] | None = None
        for one in self._tree.find(get_route_path(scope).split("/")):
            match, said = one.route.matches(scope)
            if match is Match.FULL:
                return match, one, said
            if match is Match.PARTIAL and partial is None:
                partial = match, one, said
        return partial

    @cached_property
    def _tree(self) -> "_Branch":
        """The routes by their paths. Asked for when all are there."""
        tree = _Branch()
        for number, route in enumerate(self.routes):
            assert isinstance(route, APIRoute)
            tree.add(route.path.split("/"), _Numbered(number, route))
        return tree


class _Numbered:
    """A route with its place among all, and what answers its requests, which is made when it is first needed."""

    def __init__(self, number: int, route: APIRoute) -> None:
        self.number, self.route = number, route

    @cached_property
    def app(self) -> ASGIApp:
        return answering(self.route)


@dataclass(slots=True)
class _Branch:
    """The routes whose paths begin with the same parts; a part with a parameter may be anything.

    `ending` have no more parts, and `open` may have any that follow.
    """

    ending: list[_Numbered] = field(default_factory=list)
    open: list[_Numbered] = field(default_factory=list)
    named: dict[str, "_Branch"] = field(default_factory=dict)
    anything: "_Branch | None" = None

    def add(self, parts: Sequence[str], route: _Numbered) -> None:
        """Add a route whose path goes on with these parts."""
        if not parts:
            self.ending.append(route)
        elif ":path}" in parts[0]:
            self.open.append(route)
        elif "{" not in parts[0]:
            self.named.setdefault(parts[0], _Branch()).add(parts[1:], route)
        else:
            self.anything = self.anything or _Branch()
            self.anything.add(parts[1:], route)

    def find(self, parts: Sequence[str]) -> Iterable[_Numbered]:
        """The routes for a path of these parts, in the order in which they were added."""
        return sorted(self.below(parts), key=_number)

    def below(self, parts: Sequence[str]) -> Iterator[_Numbered]:
        """The routes for a path that goes on with these parts."""
        if not parts:
            yield from self.ending
            return
        yield from self.open
        for branch in (self.named.get(parts[0]), self.anything):
            if branch is not None:
                yield from branch.below(parts[1:])


def _number(route: _Numbered) -> int:
    return route.number


def collect(*parts: Part) -> APIRouter:
    """One router with the routes of all parts, in this order."""
    room = Room()
    for part in parts:
        room.add(part.router)
    return room
