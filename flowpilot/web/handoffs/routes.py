"""Every page of the handoffs."""

from flowpilot.http.routers import collect
from flowpilot.web.handoffs import actions, corrections, opinions, page, questions, queue, suggestions

router = collect(queue, page, actions, questions, opinions, corrections, suggestions)
