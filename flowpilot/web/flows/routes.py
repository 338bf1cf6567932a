"""Every page of the flows."""

from fastapi import APIRouter

from flowpilot.web.flows import editor, manage, pages, preview, versions

router = APIRouter()
for part in (manage, editor, preview, versions, pages):
    router.include_router(part.router)
