"""Whether a connection to ConnectWise PSA works, right by right and board by board."""

from collections.abc import Sequence
from typing import Any

from flowpilot.psa.client import content
from flowpilot.psa.provider import Finding, Level, ProviderError
from flowpilot.psa.providers.connectwise.failures import ForbiddenError, Right
from flowpilot.psa.providers.connectwise.rest import Rest

_ONE = {"pageSize": 1}


async def findings(rest: Rest) -> Sequence[Finding]:
    """What a check of the connection finds. It writes nothing."""
    try:
        info = content(await rest.read("/system/info", Right.INFO))
    except ForbiddenError:
        # Every API member may read this, so it is not a right that is missing.
        return [_error("ConnectWise PSA does not accept the client ID. Enter it again with the credentials.")]
    except ProviderError as error:
        return [_error(error.detail)]
    try:
        boards = await rest.read_all("/service/boards", Right.BOARDS, {"conditions": "inactiveFlag = false"})
    except ForbiddenError as error:
        return [_error(f"{error.detail} If it has that, enter the client ID again.")]
    except ProviderError as error:
        return [_error(error.detail)]
    found = [Finding(Level.OK, f"ConnectWise PSA {info.get('version') or ''} accepts the credentials.")]
    if not boards:
        found.append(_error(f"FlowPilot sees no service board. Give the API member “{Right.BOARDS}”."))
    for board in boards:
        found += await _of_board(rest, board)
    found += await _refused(rest, "/time/entries", Right.TIME)
    found += await _refused(rest, "/system/members", Right.MEMBERS)
    found += await _refused(rest, "/company/companies", Right.COMPANIES, Level.WARNING)
    return [*found, *await _booking(rest), _not_tried()]


async def _of_board(rest: Rest, board: dict[str, Any]) -> Sequence[Finding]:
    """What is missing on one board: its statuses, or its tickets."""
    name = f"On the board “{board.get('name')}”: "
    tickets = {**_ONE, "conditions": f"board/id = {board['id']}"}
    return [
        *await _refused(rest, f"/service/boards/{board['id']}/statuses", Right.BOARDS, on=name),
        *await _refused(rest, "/service/tickets", Right.TICKETS, on=name, params=tickets),
    ]


async def _booking(rest: Rest) -> Sequence[Finding]:
    """How time will be booked, which ConnectWise tells only to those who may book."""
    try:
        answer = await rest.read(
            "/time/entries/defaults", Right.BOOK, method="POST", data={"chargeToType": "ServiceTicket"}
        )
    except ForbiddenError as error:
        return [_error(error.detail)]
    except ProviderError:
        return []  # Some versions want to know the ticket first; that proves nothing.
    defaults = content(answer)
    chosen = rest.settings
    work_type = chosen.work_type_id or (defaults.get("workType") or {}).get("name") or "the default"
    billing = chosen.billable_option or defaults.get("billableOption") or "as the agreement says"
    return [Finding(Level.OK, f"Time is booked with the work type {work_type}, billing: {billing}.")]


def _not_tried() -> Finding:
    return Finding(
        Level.OK,
        "A check writes nothing, so it cannot try the rights to write. FlowPilot needs "
        f"“{Right.NOTES}”, “{Right.BOOK}” and, for statuses, “{Right.STATUS}”.",
    )


async def _refused(
    rest: Rest,
    path: str,
    right: Right,
    level: Level = Level.ERROR,
    *,
    on: str = "",
    params: dict[str, Any] | None = None,
) -> Sequence[Finding]:
    """A finding if this cannot be read."""
    try:
        await rest.read(path, right, params or _ONE)
    except ProviderError as error:
        return [Finding(level, f"{on}{error.detail}")]
    return []


def _error(text: str) -> Finding:
    return Finding(Level.ERROR, text)
