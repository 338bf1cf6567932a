"""Every JSON route of flows."""

from flowpilot.flows import api
from flowpilot.flows.articles import api as articles
from flowpilot.flows.categories import api as categories
from flowpilot.flows.drafts import api as drafts
from flowpilot.flows.files import api as files
from flowpilot.flows.versions import api as versions
from flowpilot.http.routers import collect

router = collect(articles, categories, api, drafts, files, versions)
