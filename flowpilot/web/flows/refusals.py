"""What a page says of a flow that cannot be published: each problem, with a link to its node. Pure."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

FLOW_PROBLEMS = "urn:flowpilot:problem:flow-problems"
# The page of a form that was refused, and where it shows a node.
_PLACES = (
    (re.compile(r"(/flows/[0-9a-f-]{36})/"), "/edit?node="),
    (re.compile(r"(/proposals/[0-9a-f-]{36})/"), "#d-"),
)


class LinkedProblem(NamedTuple):
    """A problem. `address` is None if no page shows its node."""

    message: str
    address: str | None


def linked_problems(path: str, problem: Mapping[str, Any]) -> list[LinkedProblem]:
    """What is wrong with the flow that a form at this path was to publish; nothing if it failed otherwise."""
    if problem["type"] != FLOW_PROBLEMS:
        return []
    return [LinkedProblem(one["message"], _address(path, one["node"])) for one in problem["problems"]]


def without_problems(problem: Mapping[str, Any]) -> str:
    """The detail without the first problem, for a page that lists them all."""
    first: str = problem["problems"][0]["message"]
    detail: str = problem["detail"]
    return detail.partition(first)[0].strip()


def _address(path: str, node: str | None) -> str | None:
    if node is None:
        return None
    found = ((place.match(path), after) for place, after in _PLACES)
    return next((f"{page[1]}{after}{quote(node)}" for page, after in found if page), None)
