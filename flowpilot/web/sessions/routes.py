"""Every page of a session."""

from fastapi import APIRouter

from flowpilot.web.sessions import actions, pages

router = APIRouter()
for part in (pages, actions):
    router.include_router(part.router)
