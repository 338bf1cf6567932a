"""Who may call a route, as the type of its first argument: a caller whose role includes the permission."""

from typing import Annotated

from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import requires

CanManageAccount = Annotated[Actor, requires(Permission.MANAGE_ACCOUNT)]
CanManageChannels = Annotated[Actor, requires(Permission.MANAGE_CHANNELS)]
CanManageFlows = Annotated[Actor, requires(Permission.MANAGE_FLOWS)]
CanManageKeys = Annotated[Actor, requires(Permission.MANAGE_KEYS)]
CanManageMembers = Annotated[Actor, requires(Permission.MANAGE_MEMBERS)]
CanView = Annotated[Actor, requires(Permission.VIEW_WORK)]
CanViewAnalytics = Annotated[Actor, requires(Permission.VIEW_ANALYTICS)]
CanViewAuditLog = Annotated[Actor, requires(Permission.VIEW_AUDIT_LOG)]
CanViewEscalations = Annotated[Actor, requires(Permission.VIEW_ESCALATIONS)]
CanViewMembers = Annotated[Actor, requires(Permission.VIEW_MEMBERS)]
CanWork = Annotated[Actor, requires(Permission.WORK)]
