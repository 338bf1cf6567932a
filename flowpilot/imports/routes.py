"""The routes of imports, as one router."""

from flowpilot.http.routers import collect
from flowpilot.imports import api
from flowpilot.imports.saved import api as saved
from flowpilot.imports.uploads import api as uploads

# The path of one run would also match those of uploads and of mappings.
router = collect(uploads, saved, api)
