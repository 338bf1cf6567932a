"""Every page of the flows."""

from flowpilot.http.routers import collect
from flowpilot.web.flows import asked, clients, editor, manage, pages, preview, trust, versions

router = collect(manage, clients, editor, asked, preview, versions, trust, pages)
