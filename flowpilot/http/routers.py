"""The routes of a room's parts as one router."""

from typing import Protocol

from fastapi import APIRouter


class Part(Protocol):
    """A module with routes."""

    router: APIRouter


def collect(*parts: Part) -> APIRouter:
    """One router with the routes of all parts, in this order."""
    router = APIRouter()
    for part in parts:
        router.include_router(part.router)
    return router
