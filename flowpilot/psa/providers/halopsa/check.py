"""What a check of a connection to HaloPSA looks at."""

from collections.abc import Sequence

from flowpilot.psa.provider import CredentialsError, Finding, Level, ProviderError, UnavailableError
from flowpilot.psa.providers.halopsa.forms import Settings
from flowpilot.psa.providers.halopsa.requests import Requests

# What is read, by the permission of the application that it needs, or the rights of its agent.
_NEEDED = {
    "/Tickets": ("tickets", "read:tickets"),
    "/Agent": ("agents", "read:agents"),
    "/Client": ("clients", "read:customers"),
    "/TicketType": ("ticket types", "read:tickets"),
    "/Status": ("statuses", "read:tickets"),
}


async def findings(requests: Requests, settings: Settings) -> Sequence[Finding]:
    """Each missing right is an error of its own. Nothing is written, so the right to write is not tried."""
    try:
        await requests.sign_in()
    except ProviderError as error:
        return [Finding(Level.ERROR, error.detail)]
    found: list[Finding] = []
    for path, (what, permission) in _NEEDED.items():
        try:
            is_there = await requests.read(path, count=1) is not None
        except UnavailableError as error:
            return [Finding(Level.ERROR, error.detail)]
        except (CredentialsError, ProviderError):
            is_there = False
        if not is_there:
            text = (
                f"FlowPilot may not read {what}. Give its application {permission}, and its agent access to them."
            )
            found.append(Finding(Level.ERROR, text))
    found += await _outcomes(requests, settings)
    if found:
        return found
    return [
        Finding(Level.OK, "HaloPSA accepts the credentials and shows tickets, agents, clients and statuses."),
        Finding(
            Level.WARNING,
            "Whether FlowPilot may add actions (edit:tickets), and books time in full on the right "
            "agent, is seen with the first posting: look at it in HaloPSA.",
        ),
    ]


async def _outcomes(requests: Requests, settings: Settings) -> Sequence[Finding]:
    found: list[Finding] = []
    for label, outcome_id in (
        ("Outcome of internal notes", settings.outcome_id),
        ("Outcome of notes for clients", settings.client_outcome_id),
    ):
        if outcome_id is None:
            continue
        try:
            is_there = await requests.read(f"/Outcome/{outcome_id}") is not None
        except ProviderError:
            is_there = False
        if not is_there:
            text = f"HaloPSA has no action {outcome_id}, or does not show it to FlowPilot. Correct “{label}”."
            found.append(Finding(Level.ERROR, text))
    return found
