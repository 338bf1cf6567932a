"""Every page of signing in."""

from flowpilot.http.routers import collect
from flowpilot.web.access import invitation, setup, sign_in

router = collect(sign_in, setup, invitation)
