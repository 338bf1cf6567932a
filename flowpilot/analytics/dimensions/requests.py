"""What a request narrows its figures to, and who may."""

import uuid
from typing import Annotated

from fastapi import Depends, Query

from flowpilot.analytics.dimensions.narrowing import Dimensions, PriorityName
from flowpilot.analytics.rows.base import FilterText
from flowpilot.errors import FlowPilotError
from flowpilot.http.fields import EmptyIsNone
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import Caller


class NotByPersonError(FlowPilotError):
    """Figures of one person are not shown to this caller, or to nobody in this account."""

    status = 403


# The names in Python differ from those of paths, such as that of a flow.
async def _only(
    actor: Caller,
    client: Annotated[
        uuid.UUID | None, EmptyIsNone, Query(alias="client_id", description="Only what is for this client.")
    ] = None,
    person: Annotated[
        uuid.UUID | None,
        EmptyIsNone,
        Query(alias="person_id", description="Only what this person had a part in; for team admins and owners."),
    ] = None,
    in_domain: Annotated[
        FilterText | None,
        EmptyIsNone,
        Query(alias="domain", description="Only this domain of problems: case matters."),
    ] = None,
    flow: Annotated[
        uuid.UUID | None,
        EmptyIsNone,
        Query(alias="flow_id", description="Only sessions that were matched to this flow."),
    ] = None,
    of_priority: Annotated[
        PriorityName | None,
        EmptyIsNone,
        Query(alias="priority", description="Only handoffs of this priority, and their sessions."),
    ] = None,
) -> Dimensions:
    if person is not None:
        require_by_person(actor)
    return Dimensions(client, person, in_domain, flow, of_priority)


DimensionsQuery = Annotated[Dimensions, Depends(_only)]


def may_by_person(actor: Actor) -> bool:
    """Whether the caller may ask for the figures of one person."""
    return actor.reports_by_person and actor.may(Permission.VIEW_ANALYTICS)


def require_by_person(actor: Actor) -> None:
    """Make sure of it.

    Raises:
        NotByPersonError: the caller may not.
    """
    require_shown_by_person(actor.reports_by_person)
    if not may_by_person(actor):
        raise NotByPersonError("Only team admins and owners see the figures of one person.")


def require_shown_by_person(reports_by_person: bool) -> None:
    """Make sure that an account shows figures of one person, whoever asks.

    Raises:
        NotByPersonError: it shows none.
    """
    if not reports_by_person:
        raise NotByPersonError(
            "This account shows no figures of one person. A team admin can change that in the account's settings."
        )
