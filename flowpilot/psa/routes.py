"""Every JSON route of the ticket system."""

from flowpilot.http.routers import collect
from flowpilot.psa.boards import api as boards
from flowpilot.psa.companies import api as companies
from flowpilot.psa.connections import api as connections
from flowpilot.psa.members import api as members
from flowpilot.psa.postings import api as postings
from flowpilot.psa.rules import api as rules
from flowpilot.psa.tickets import api as tickets

router = collect(connections, members, boards, companies, tickets, postings, rules)
