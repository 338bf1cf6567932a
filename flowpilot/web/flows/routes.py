"""Every page of the flows."""

from flowpilot.http.routers import collect
from flowpilot.web.flows import editor, manage, pages, preview, trust, versions

router = collect(manage, editor, preview, versions, trust, pages)
