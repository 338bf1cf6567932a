"""Every JSON route of handoffs."""

from flowpilot.handoffs import api
from flowpilot.handoffs.live import api as live
from flowpilot.http.routers import collect

# The stream comes first: its path would otherwise be read as that of a handoff called "stream".
router = collect(live, api)
