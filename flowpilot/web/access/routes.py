"""Every page of signing in."""

from fastapi import APIRouter

from flowpilot.web.access import invitation, setup, sign_in

router = APIRouter()
for part in (sign_in, setup, invitation):
    router.include_router(part.router)
