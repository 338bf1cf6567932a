"""The routes of sessions, as one router."""

from flowpilot.http.routers import collect
from flowpilot.sessions import api
from flowpilot.sessions.client_notes import api as client_notes
from flowpilot.sessions.postings import api as postings
from flowpilot.sessions.runs import api as runs

router = collect(api, postings, runs, client_notes)
