"""What a check of a connection to Autotask looks at."""

from collections.abc import Sequence

from flowpilot.psa.provider import CredentialsError, Finding, Level, ProviderError, UnavailableError
from flowpilot.psa.providers.autotask.forms import Settings
from flowpilot.psa.providers.autotask.records import choices
from flowpilot.psa.providers.autotask.requests import Requests, equal

_NEEDED = {
    "Tickets": "tickets",
    "TicketNotes": "ticket notes",
    "TimeEntries": "time entries",
    "Resources": "resources",
    "Companies": "companies",
    "Contacts": "contacts",
}


async def findings(requests: Requests, settings: Settings) -> Sequence[Finding]:
    """Each missing right is an error of its own. Nothing is written, so the rights to write are not tried."""
    try:
        await requests.find_zone()
        await requests.read("ThresholdInformation")
    except (CredentialsError, UnavailableError) as error:
        return [Finding(Level.ERROR, error.detail)]
    except ProviderError as error:
        return [
            Finding(Level.ERROR, f"{error.detail} The security level of the API user needs access to the API.")
        ]
    found: list[Finding] = []
    for entity, what in _NEEDED.items():
        try:
            await requests.query(entity, equal("id", 0), pages=1)
        except UnavailableError as error:
            return [Finding(Level.ERROR, error.detail)]
        except ProviderError:
            text = f"FlowPilot may not read {what}. Allow it in the security level of the API user."
            found.append(Finding(Level.ERROR, text))
    found += await _numbers(requests, settings)
    if any(finding.level is Level.ERROR for finding in found):
        return found
    return [
        Finding(
            Level.OK, "Autotask accepts the credentials and shows tickets, notes, time, resources and companies."
        ),
        *found,
        Finding(
            Level.WARNING,
            "Whether FlowPilot may write in an engineer's name is seen with the first posting of each: their "
            "security level has to allow impersonation, and Proxy Time Entry has to be enabled.",
        ),
    ]


async def _numbers(requests: Requests, settings: Settings) -> Sequence[Finding]:
    """Whether the numbers in the settings are there, and what those that decide about readers are called."""
    found: list[Finding] = []
    for entity, label, number in (
        ("Roles", "Role of time entries", settings.role_id),
        ("BillingCodes", "Work type of time entries", settings.billing_code_id),
    ):
        try:
            if number is not None and not await requests.query(entity, equal("id", number), pages=1):
                found.append(Finding(Level.ERROR, f"Autotask has no number {number} for “{label}”. Correct it."))
        except ProviderError:
            found.append(Finding(Level.ERROR, f"FlowPilot may not read {entity}, which “{label}” names."))
    try:
        fields = choices(await requests.read("TicketNotes/entityInformation/fields"))
    except ProviderError as error:
        return [*found, Finding(Level.ERROR, error.detail)]
    for field, label, number in (
        ("publish", "Publishing of internal notes", settings.internal_publish),
        ("publish", "Publishing of notes for clients", settings.client_publish),
        ("noteType", "Type of notes", settings.note_type),
    ):
        name = fields.get(field, {}).get(str(number))
        if name is None:
            found.append(Finding(Level.ERROR, f"Autotask has no choice {number} for “{label}”. Correct it."))
        else:
            found.append(Finding(Level.WARNING, f"“{label}” is “{name}”. Is that right?"))
    return found
