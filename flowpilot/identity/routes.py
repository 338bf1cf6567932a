"""Every JSON route of identity."""

from fastapi import APIRouter

from flowpilot.identity import api
from flowpilot.identity.audit import api as audit
from flowpilot.identity.invitations import api as invitations
from flowpilot.identity.sign_in import api as sign_in

router = APIRouter()
for part in (sign_in, api, audit, invitations):
    router.include_router(part.router)
