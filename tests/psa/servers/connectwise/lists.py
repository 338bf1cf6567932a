"""How ConnectWise lists records: conditions, an order, chosen fields, and pages of two kinds."""

from typing import Any

from tests.psa.servers.connectwise.conditions import ConditionError, parse, value_of
from tests.psa.servers.connectwise.desk import Record, RefusedError

# The fields that conditions and orders may name, of each kind of records.
FIELDS = {
    "boards": {"id", "name", "inactiveFlag"},
    "statuses": {"id", "name", "closedStatus", "inactive", "timeEntryNotAllowed"},
    "members": {"id", "identifier", "inactiveFlag", "licenseClass", "officeEmail", "primaryEmail"},
    "companies": {"id", "identifier", "name", "deletedFlag"},
    "tickets": {
        "id", "summary", "board/id", "status/id", "company/id", "owner/identifier", "resources", "closedFlag",
        "lastUpdated", "_info/lastUpdated", "mergedParentTicket/id",
    },
    "trail": {"id", "enteredDate"},
    "documents": {"id", "title", "fileName"},
    "notes": {"id", "text", "dateCreated"},
    "entries": {"id", "chargeToId", "chargeToType", "member/identifier", "timeStart", "timeEnd", "actualHours"},
}  # fmt: skip
_MOST = 1000


def page_of(
    kind: str, records: list[Record], params: dict[str, str], url: str, *, is_forward_only: bool
) -> tuple[list[Record], dict[str, str]]:
    """The records of one page, and the header that leads to the next one."""
    found = _ordered(kind, _filtered(kind, records, params), params, is_forward_only=is_forward_only)
    size = min(int(params.get("pageSize", 25)), _MOST)
    if is_forward_only:
        found = [record for record in found if record["id"] > int(params.get("pageId", 0))]
        shown, following = found[:size], {"pageId": str(found[size - 1]["id"])} if len(found) > size else {}
    else:
        number = int(params.get("page", 1))
        shown = found[(number - 1) * size : number * size]
        following = {"page": str(number + 1)} if len(found) > number * size else {}
    link = f'<{url}?{"&".join(f"{k}={v}" for k, v in following.items())}&pageSize={size}>; rel="next"'
    return [_chosen(record, params) for record in shown], {"Link": link} if following else {}


def _filtered(kind: str, records: list[Record], params: dict[str, str]) -> list[Record]:
    try:
        holds = parse(params.get("conditions", ""), FIELDS[kind])
    except ConditionError as error:
        raise RefusedError(400, "ApiFindCondition", str(error)) from None
    return [record for record in records if holds(record)]


def _ordered(kind: str, records: list[Record], params: dict[str, str], *, is_forward_only: bool) -> list[Record]:
    by, _, direction = params.get("orderBy", "id").partition(" ")
    if is_forward_only or by not in FIELDS[kind]:
        if "orderBy" in params:
            raise RefusedError(400, "ApiFindCondition", f"Cannot order by {by!r}.")
        by = "id"

    def key(record: Record) -> Any:
        return value_of(record, by) or ""

    return sorted(sorted(records, key=lambda record: -record["id"]), key=key, reverse=direction == "desc")


def _chosen(record: Record, params: dict[str, str]) -> Record:
    if "fields" not in params:
        return record
    return {name: record[name] for name in params["fields"].split(",") if name in record}
