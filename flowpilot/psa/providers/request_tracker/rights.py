"""What the token's owner may do, as far as it can be seen without writing anything."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from flowpilot.psa.provider import Finding, Level, ProviderError
from flowpilot.psa.providers.request_tracker.people import domains_without_people, read_owner
from flowpilot.psa.providers.request_tracker.rest import PAGE_ITEMS, NotFoundError, Rest

# A ticket has these links only for users with a right, which is needed for something.
_RIGHTS = (
    ("comment", "CommentOnTicket", Level.ERROR, "Without it, notes and time are refused."),
    ("correspond", "ReplyToTicket", Level.WARNING, "Without it, notes for clients are refused."),
    ("lifecycle", "ModifyTicket", Level.WARNING, "Without it, statuses are refused."),
)

_Found = Mapping[str, Any]


async def check(rest: Rest, lifecycles: Collection[str], domains: str) -> Sequence[Finding]:
    """Whether Request Tracker answers, and which rights are missing in which queues."""
    try:
        version = (await rest.get("/rt"))["Version"]
        queues = await rest.items("/queues/all", {"fields": "Name,Lifecycle"})
        if not queues:
            return [Finding(Level.ERROR, "The token's owner sees no queue. Give them the right SeeQueue.")]
        shown = f"{len(queues)} {'queue' if len(queues) == 1 else 'queues'}"
        return [
            Finding(Level.OK, f"Request Tracker {version} answers and shows {shown}."),
            *_about_lifecycles(queues, lifecycles),
            *[_nobody(domain) for domain in await domains_without_people(rest, domains)],
            *await _about_rights(rest),
            Finding(
                Level.WARNING,
                f"All time is booked on {await _owner(rest)}, because Request Tracker books only for the token's "
                "owner. The first line of each note names the engineer and the minutes. Engineers who enter "
                "a token of their own in their profile are booked for themselves.",
            ),
        ]
    except NotFoundError:
        text = "There is no Request Tracker 5 at this address. Enter the one that people open, without /REST/2.0."
        return [Finding(Level.ERROR, text)]
    except ProviderError as error:
        return [Finding(Level.ERROR, error.detail)]


async def _owner(rest: Rest) -> str:
    owner = await read_owner(rest) or {}
    return owner.get("RealName") or owner.get("Name") or "one user"


def _about_lifecycles(queues: Sequence[_Found], known: Collection[str]) -> Iterator[Finding]:
    for name in sorted({queue["Lifecycle"] for queue in queues} - set(known)):
        of = _names([queue["Name"] for queue in queues if queue["Lifecycle"] == name])
        yield Finding(Level.WARNING, f"{missing_lifecycle(name)} It is that of {of}.")


def _nobody(domain: str) -> Finding:
    text = f"No user has an address of {domain}. Correct E-mail domains of the desk under Change the connection."
    return Finding(Level.WARNING, text)


def missing_lifecycle(name: str) -> str:
    """What to do about a lifecycle whose statuses are not in the settings."""
    return f"Add the lifecycle “{name}” with its statuses under Change the connection."


async def _about_rights(rest: Rest) -> Sequence[Finding]:
    newest = {"per_page": PAGE_ITEMS, "orderby": "LastUpdated", "order": "DESC"}
    fields = {"fields": "Queue", "fields[Queue]": "Name"}
    tickets = (await rest.get("/tickets", {"query": "Status = '__Active__'", **fields, **newest}))["items"]
    if not tickets:
        text = (
            "The token's owner sees no open ticket, so other rights could not be checked. Do they have ShowTicket?"
        )
        return [Finding(Level.WARNING, text)]
    of_queue = {ticket["Queue"]["Name"]: ticket for ticket in reversed(tickets)}
    details = await rest.get_each(f"/ticket/{ticket['id']}" for ticket in of_queue.values())
    links = {
        queue: {link["ref"] for link in detail["_hyperlinks"]}
        for queue, detail in zip(of_queue, details, strict=True)
    }
    findings = []
    for link, right, level, text in _RIGHTS:
        if missing := [queue for queue, refs in links.items() if link not in refs]:
            findings.append(
                Finding(level, f"The token's owner lacks the right {right} in {_names(missing)}. {text}")
            )
    return [*findings, *await _about_comments(rest, tickets)]


async def _about_comments(rest: Rest, tickets: Sequence[_Found]) -> Sequence[Finding]:
    """Comments that the token's owner may not see are left out of every answer, so nothing but one that is seen
    proves the right.
    """
    ids = " OR ".join(f"TicketId = {ticket['id']}" for ticket in tickets)
    query = {"query": f"({ids}) AND Type = 'Comment'", "per_page": 1}
    if (await rest.get("/transactions", query))["items"]:
        return []
    text = (
        "No comment of an open ticket could be seen. Make sure that the token's owner has the right "
        "ShowTicketComments: without it, FlowPilot cannot confirm what it has posted."
    )
    return [Finding(Level.WARNING, text)]


def _names(queues: Sequence[str]) -> str:
    return f"the {'queue' if len(queues) == 1 else 'queues'} {', '.join(sorted(queues))}"
