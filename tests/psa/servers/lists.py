"""Records one by one and in pages, as HaloPSA answers with them."""

from typing import Any

from tests.psa.servers.serving import FailureError


def one_of(rows: Any, number: str) -> Any:
    """The record with that number."""
    found = next((row for row in rows if str(row["id"]) == number), None)
    if found is None:
        raise FailureError(404, {"message": "Not found."})
    return found


def page_of(rows: list[dict[str, Any]], name: str, query: dict[str, str]) -> Any:
    """A page of records, and how many there are."""
    size = int(query.get("page_size") or query.get("count") or 50)
    start = (int(query.get("page_no") or 1) - 1) * size
    return {"record_count": len(rows), name: rows[start : start + size]}
