"""Every JSON route of the live room."""

from flowpilot.http.routers import collect
from flowpilot.live import api
from flowpilot.live.presence import api as presence

router = collect(api, presence)
