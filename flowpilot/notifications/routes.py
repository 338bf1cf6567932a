"""Every JSON route of notifications."""

from flowpilot.http.routers import collect
from flowpilot.notifications.channels import api as channels
from flowpilot.notifications.delivery import api as delivery
from flowpilot.notifications.inbox import api as inbox

router = collect(inbox, channels, delivery)
