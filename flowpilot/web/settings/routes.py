"""Every page of the settings."""

from flowpilot.http.routers import collect
from flowpilot.web.settings import (
    account,
    audit,
    escalations,
    hours,
    keys,
    leaving,
    members,
    notifications,
    profile,
    sections,
)
from flowpilot.web.settings.psa import routes as psa

router = collect(sections, account, hours, escalations, profile, members, leaving, keys, notifications, psa, audit)
