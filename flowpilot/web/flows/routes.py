"""Every page of the flows."""

from flowpilot.http.routers import collect
from flowpilot.web.flows import ai, asked, canvas, clients, editor, manage, pages, preview, trust, versions

router = collect(manage, canvas, clients, editor, ai, asked, preview, versions, trust, pages)
