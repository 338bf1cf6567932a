"""Every page of the flows."""

from flowpilot.http.routers import collect
from flowpilot.web.flows import asked, editor, manage, pages, preview, trust, versions

router = collect(manage, editor, asked, preview, versions, trust, pages)
