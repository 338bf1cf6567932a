"""The routes of sessions, as one router."""

from flowpilot.http.routers import collect
from flowpilot.sessions import api
from flowpilot.sessions.client_notes import api as client_notes
from flowpilot.sessions.edits import api as edits
from flowpilot.sessions.postings import api as postings
from flowpilot.sessions.recalled import api as recalled
from flowpilot.sessions.removal import api as removal
from flowpilot.sessions.runs import api as runs
from flowpilot.sessions.steps import files
from flowpilot.sessions.suggestions import api as suggestions
from flowpilot.sessions.verifying import api as verifying

# The path of its list would also match that of one session.
router = collect(verifying, api, edits, removal, files, postings, runs, client_notes, recalled, suggestions)
