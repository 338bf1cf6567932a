"""What still has the words after a removal: what others wrote, and names of clients. Files are in `files`."""

from collections.abc import Sequence

from sqlalchemy import select, union_all

from flowpilot.clients.models import Client, ClientName
from flowpilot.db.session import ReadDb
from flowpilot.sessions.models import AISession, AISessionStep
from flowpilot.sessions.removal.copies import Cells, Copy, Fate
from flowpilot.sessions.removal.scope import Removal

# What is said of a row that still has the words, and which page has it: that of the session, if no other does.
NAMES = {
    "AISession": ("The problem, or what else the session says of itself", None),
    "StatusChange": ("Why its status changed", None),
    "SessionSuggestion": ("Suggestions of the copilot", None),
    "SuggestionOutcome": ("What became of suggestions", None),
    "SessionHandoff": ("A handoff", "/handoffs/{}"),
    "HandoffQuestion": ("Questions and answers", None),
    "HandoffEvent": ("Why a handoff was given back or closed", None),
    "PsaPosting": ("A text for the ticket", "/postings/{}"),
    "PsaPostingStep": ("What the ticket system has answered", None),
    "PsaAttempt": ("What the ticket system has answered", None),
    "Attachment": ("Names of files", None),
    "Notification": ("Notifications", None),
    "NotificationDelivery": ("Why a message was not delivered", None),
    "FlowProposal": ("A proposal for a flow", "/proposals/{}"),
    "Flow": ("A draft of a flow", "/flows/{}"),
    "FlowVersion": ("What drafts of flows say", "/flows"),
    "AiTask": ("What an AI has worded", "/proposals"),
}


def texts_that_stay(
    session: AISession, steps: Sequence[AISessionStep], removal: Removal, cells: Cells
) -> list[Copy]:
    """What still has the words: it is not the actor's own, or says only a part of what is removed."""
    rows = {(row, row_id) for (row, row_id, _), has_them in cells.items() if has_them}
    at = f"/sessions/{session.id}"
    copies = [
        Copy(f"Step {step.position}", Fate.KEPT, f"{at}#step-{step.id}")
        for step in steps
        if (AISessionStep.__name__, step.id) in rows
    ]
    for row, (name, path) in NAMES.items():
        ids = sorted(row_id for kept, row_id in rows if kept == row)
        # Where no page is a row's own, one line says it of all of them.
        paths = dict.fromkeys((path or at).format(row_id) for row_id in ids)
        copies += [Copy(name, Fate.KEPT, one) for one in paths]
    return copies + _of_client(session, removal)


def _of_client(session: AISession, removal: Removal) -> list[Copy]:
    """The client and the ticket are named wherever the session is, and are changed by an edit of it."""
    if not removal.telling.are_in([session.client_name, session.psa_ticket_id]):
        return []
    return [Copy("The client or the ticket of the session", Fate.KEPT, f"/sessions/{session.id}")]


async def clients_that_stay(db: ReadDb, removal: Removal) -> list[Copy]:
    """The clients that are called so, or whose notes say so. Whom the desk works for is changed on their page."""
    mine = Client.account_id == removal.account_id
    names = select(ClientName.client_id, ClientName.name).where(ClientName.account_id == removal.account_id)
    said = select(Client.id, Client.name).where(mine), select(Client.id, Client.notes).where(mine), names
    rows = await db.execute(union_all(*said))
    found = {client_id for client_id, text in rows if removal.telling.are_said_in(text)}
    return [
        Copy("A client is called so, or its notes say so", Fate.KEPT, f"/clients/{one}") for one in sorted(found)
    ]
