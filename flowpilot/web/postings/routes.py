"""Every page of postings."""

from flowpilot.http.routers import collect
from flowpilot.web.postings import pages, session

router = collect(pages, session)
