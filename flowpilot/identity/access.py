"""Who may call a route, as the type of its first argument: a caller whose role includes the permission."""

from typing import Annotated

from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import requires, requires_held
from flowpilot.identity.detached import requires_detached

CanManageAccount = Annotated[Actor, requires(Permission.MANAGE_ACCOUNT)]
CanManageChannels = Annotated[Actor, requires(Permission.MANAGE_CHANNELS)]
CanManageClients = Annotated[Actor, requires(Permission.MANAGE_CLIENTS)]
CanManageFlows = Annotated[Actor, requires(Permission.MANAGE_FLOWS)]
CanManageKeys = Annotated[Actor, requires(Permission.MANAGE_KEYS)]
CanManageMembers = Annotated[Actor, requires(Permission.MANAGE_MEMBERS)]
CanManagePsa = Annotated[Actor, requires(Permission.MANAGE_PSA)]
CanManageAccountDetached = Annotated[Actor, requires_detached(Permission.MANAGE_ACCOUNT)]
CanManageFlowsDetached = Annotated[Actor, requires_detached(Permission.MANAGE_FLOWS)]
CanManagePsaDetached = Annotated[Actor, requires_detached(Permission.MANAGE_PSA)]
CanTakeWork = Annotated[Actor, requires_held(Permission.WORK)]
CanView = Annotated[Actor, requires(Permission.VIEW_WORK)]
CanViewAnalytics = Annotated[Actor, requires(Permission.VIEW_ANALYTICS)]
CanViewAuditLog = Annotated[Actor, requires(Permission.VIEW_AUDIT_LOG)]
CanViewDetached = Annotated[Actor, requires_detached(Permission.VIEW_WORK)]
CanViewEscalations = Annotated[Actor, requires(Permission.VIEW_ESCALATIONS)]
CanViewMembers = Annotated[Actor, requires(Permission.VIEW_MEMBERS)]
CanWork = Annotated[Actor, requires(Permission.WORK)]
CanWorkDetached = Annotated[Actor, requires_detached(Permission.WORK)]
