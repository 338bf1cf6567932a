"""What every request for figures has: its window, and how often a caller may send one."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from flowpilot.analytics.dimensions.requests import DimensionsQuery
from flowpilot.analytics.period import Period, Window, window
from flowpilot.clock import Now
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import Caller, requires


async def _window(
    actor: Caller,
    now: Now,
    only: DimensionsQuery,
    period: Annotated[Period | None, Query(description="A window that ends now; 30d by default.")] = None,
    from_: Annotated[str | None, Query(alias="from", description="ISO date or date-time, included.")] = None,
    to: Annotated[
        str | None,
        Query(description="ISO date or date-time, not included."),
    ] = None,
    tz: Annotated[str | None, Query(description="IANA zone of days; the account's own by default.")] = None,
) -> Window:
    asked = window(
        actor.account_id, now=now, account_timezone=actor.timezone, period=period, from_=from_, to=to, tz=tz
    )
    return replace(asked, only=only)


WindowQuery = Annotated[Window, Depends(_window)]


# How many requests a minute a caller may send. The limit of rows is high: somebody who follows one figure after
# another should not be stopped, but a loop should.
PER_MINUTE = {
    "dashboard": 15,
    "knowledge-gaps": 10,
    "coverage": 15,
    "flow-quality": 15,
    "flow-traffic": 30,
    "psa-metrics": 15,
    "escalations": 30,
    "flow-endings": 15,
    "avoidable-escalations": 15,
    "suggestions": 15,
    "durable-resolutions": 15,
    "follow-up": 15,
    "savings": 15,
    "me": 30,
    "load": 15,
    "backlog": 15,
    "tables": 30,
    "rows": 60,
}


async def count(request: Request, actor: Actor, what: str) -> None:
    """Count one request for something of `PER_MINUTE`.

    Raises:
        TooManyRequestsError: it is one too many.
    """
    await request.app.state.limiter.hit(PER_MINUTE[what], what, actor.caller)


def limited(what: str, permission: Permission = Permission.VIEW_ANALYTICS) -> Any:
    """The dependency that counts a caller's requests. A request refused for another reason does not count."""

    async def counted(request: Request, actor: Annotated[Actor, requires(permission)], _: WindowQuery) -> None:
        await count(request, actor, what)

    return Depends(counted)
