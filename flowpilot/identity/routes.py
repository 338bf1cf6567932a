"""Every JSON route of identity."""

from flowpilot.http.routers import collect
from flowpilot.identity import api
from flowpilot.identity.audit import api as audit
from flowpilot.identity.hours import api as hours
from flowpilot.identity.invitations import api as invitations
from flowpilot.identity.sign_in import api as sign_in

router = collect(sign_in, api, hours, audit, invitations)
