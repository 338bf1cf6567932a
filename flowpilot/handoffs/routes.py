"""Every JSON route of handoffs."""

from flowpilot.handoffs import api
from flowpilot.handoffs.corrections import api as corrections
from flowpilot.handoffs.opinions import api as opinions
from flowpilot.handoffs.questions import api as questions
from flowpilot.handoffs.rules import api as rules
from flowpilot.handoffs.suggestions import api as suggestions
from flowpilot.http.routers import collect

router = collect(api, rules, questions, opinions, corrections, suggestions)
