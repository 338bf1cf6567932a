"""Every page of imports."""

from flowpilot.http.routers import collect
from flowpilot.web.imports import choose, overview

router = collect(overview, choose)
