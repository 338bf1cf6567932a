"""Every page of the settings."""

from fastapi import APIRouter

from flowpilot.web.settings import account, audit, keys, leaving, members, notifications, profile, sections

router = APIRouter()
for part in (sections, account, profile, members, leaving, keys, notifications, audit):
    router.include_router(part.router)
