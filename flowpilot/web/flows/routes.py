"""Every page of the flows."""

from flowpilot.http.routers import collect
from flowpilot.web.flows import (
    ai,
    canvas,
    clients,
    editor,
    fields_and_items,
    files,
    manage,
    pages,
    preview,
    trust,
    versions,
)
from flowpilot.web.flows.categories import pages as categories

router = collect(
    categories, manage, canvas, clients, editor, ai, files, fields_and_items, preview, versions, trust, pages
)
