"""The routes of a room's parts as one router."""

from collections.abc import Iterable
from functools import cached_property
from typing import Protocol

from fastapi import APIRouter
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope


class Part(Protocol):
    """A module with routes."""

    router: APIRouter


class Room(APIRouter):
    """Routes that are looked through only for a path that begins like one of them.

    FastAPI looks through all routes of all routers in turn, and once more on each level: 2 ms for a page.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether one of the routes answers the request."""
        if not get_route_path(scope).startswith(self.beginnings):
            return Match.NONE, {}
        return super().matches(scope)

    def add(self, router: APIRouter) -> None:
        """Add the routes of another router; those of a room stay together."""
        if isinstance(router, Room):
            self.include_router(router)
        else:
            self.routes.extend(router.routes)

    @cached_property
    def beginnings(self) -> tuple[str, ...]:
        """What the paths of its routes begin with, up to their first parameter. Asked for when all are there."""
        return tuple({beginning for route in self.routes for beginning in _beginnings_of(route)})


def _beginnings_of(route: BaseRoute) -> Iterable[str]:
    within = getattr(route, "original_router", None)
    if isinstance(within, Room):
        return within.beginnings
    assert isinstance(route, Route)
    return [route.path.split("{")[0]]


def collect(*parts: Part) -> APIRouter:
    """One router with the routes of all parts, in this order."""
    room = Room()
    for part in parts:
        room.add(part.router)
    return room
