"""Every page of the settings."""

from flowpilot.http.routers import collect
from flowpilot.web.settings import account, audit, keys, leaving, members, notifications, profile, sections
from flowpilot.web.settings.psa import routes as psa

router = collect(sections, account, profile, members, leaving, keys, notifications, psa, audit)
