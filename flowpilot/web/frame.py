"""What all pages share: who is signed in, the navigation, and the counts beside it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from flowpilot.clock import Now, now
from flowpilot.db.lookups import look_up
from flowpilot.errors import FlowPilotError
from flowpilot.handoffs.events import newest_number
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import Caller, Claim, ReadSession, verify
from flowpilot.identity.cookies import COOKIE
from flowpilot.identity.credentials import KeyClaim, TokenClaim, parse
from flowpilot.knowledge.proposals.queries import count_due
from flowpilot.notifications.attention import Attention, attention_of
from flowpilot.psa.tickets.links import TicketLinks, ticket_links


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation.

    With `counts`, the number of waiting handoffs is shown beside it, which changes while the page is open; `n` is
    another number of things that wait.
    """

    path: str
    title: str
    icon: str
    is_here: bool
    counts: bool = False
    n: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page, for the signed-in person.

    `newest_event` is the number of the account's newest event when the page was made; live parts go on from it.
    `renewed` is a new credential for the browser once half of the old one's lifetime is over. `tickets` makes
    ticket numbers links. `file_megabytes` is how large one file may be.
    """

    actor: Actor
    name: str
    email: str | None
    account_name: str
    now: datetime
    newest_event: int
    places: list[Place]
    counts: Attention
    renewed: TokenClaim | None
    tickets: TicketLinks
    file_megabytes: int

    @property
    def zone(self) -> str:
        """The account's IANA time zone, in which all times are shown."""
        return self.actor.timezone

    @property
    def here(self) -> Place | None:
        """The entry of the navigation that the page belongs to."""
        return next((place for place in self.places if place.is_here), None)

    @property
    def unread(self) -> str:
        """A text that changes with the unread notifications; `live.js` makes the same from the stream."""
        counts = self.counts.model_dump(mode="json")
        return f"{counts['unread_count']} {counts['newest_unread_at'] or ''}"

    def may(self, permission: str) -> bool:
        """Whether the person may do something, by the permission's name in the code."""
        return self.actor.may(Permission[permission])


_PLACES = (
    ("/", "Home", "home", Permission.VIEW_WORK),
    ("/sessions", "Sessions", "route", Permission.VIEW_WORK),
    ("/handoffs", "Escalations", "bolt", Permission.VIEW_WORK),
    ("/clients", "Clients", "building", Permission.VIEW_WORK),
    ("/flows", "Flows", "sitemap", Permission.VIEW_WORK),
    ("/proposals", "Proposals", "git-compare", Permission.MANAGE_FLOWS),
    ("/analytics", "Analytics", "chart-bar", Permission.VIEW_ESCALATIONS),
    ("/stopwatch", "Stopwatch", "clock-play", Permission.VIEW_ESCALATIONS),
    ("/settings", "Settings", "settings", Permission.VIEW_WORK),
)


async def _frame(request: Request, claimed: Claim, actor: Caller, db: ReadSession, now: Now) -> Frame:
    counts, newest_event, tickets, n_due = await look_up(
        db,
        attention_of(actor.account_id, actor.user_id),
        newest_number(actor.account_id),
        ticket_links(actor.account_id),
        count_due(actor.account_id, now),
    )
    here = "/" + request.url.path.strip("/").split("/")[0]
    places = [
        Place(path, title, icon, path == here, path == "/handoffs", n_due if path == "/proposals" else 0)
        for path, title, icon, permission in _PLACES
        if actor.may(permission)
    ]
    return Frame(
        actor=actor,
        name=actor.name,
        email=actor.email,
        account_name=actor.account_name,
        now=now,
        newest_event=newest_event,
        places=places,
        counts=counts,
        renewed=_renewed(request, claimed, now),
        tickets=tickets,
        file_megabytes=request.app.state.settings.attachment_megabytes,
    )


def _renewed(request: Request, claimed: TokenClaim | KeyClaim, now: datetime) -> TokenClaim | None:
    lifetime = timedelta(hours=request.app.state.settings.sign_in_hours)
    if not isinstance(claimed, TokenClaim) or now - claimed.issued_at < lifetime / 2:
        return None
    return replace(claimed, issued_at=now)


async def frame_of(request: Request) -> Frame | None:
    """The frame of an error page; None if nobody is signed in."""
    token = request.cookies.get(COOKIE)
    if token is None:
        return None
    moment = now()
    try:
        claimed = parse(token, request.app.state.signing_key)
        async with request.app.state.database.read(claimed.account_id) as db:
            actor, _ = await verify(db, claimed, moment)
            return await _frame(request, claimed, actor, db, moment)
    except FlowPilotError:
        return None


CurrentFrame = Annotated[Frame, Depends(_frame)]
