"""Digests of what a page showed, so that no form overwrites what somebody else has changed since."""

from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.sessions.models import AISession
from flowpilot.sessions.schemas import SessionOut
from flowpilot.web.outdated import digest


def facts_shown(session: SessionOut | AISession | HandoffOut) -> str:
    """A digest of the client, ticket and domain of a session, or of that of a handoff."""
    return digest(session.client_name, session.psa_ticket_id, session.problem_domain)


def details_shown(session: SessionOut | AISession) -> str:
    """A digest of the session's details."""
    return digest(
        *(session.problem_summary, session.problem_body),
        *(session.client_name, session.psa_ticket_id, session.problem_domain),
    )


def rating_shown(session: SessionOut | AISession) -> str:
    """A digest of the session's rating."""
    return digest(session.session_rating, session.rating_comment)
