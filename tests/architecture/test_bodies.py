"""A request's body says only what the server knows: a misspelt field is refused, and not taken for its default."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

# OAuth2 clients send grant_type and scope, too; RFC 6749 (3.2) has the server ignore what it does not know.
LENIENT = {"POST /api/v1/auth/token"}


def _bodies(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method.upper()} {path}", content["schema"]


def _objects(document: dict[str, Any], schema: Any, seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All objects with named fields anywhere in a body."""
    if isinstance(schema, list):
        for one in schema:
            yield from _objects(document, one, seen)
        return
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            seen.add(name)
            yield from _objects(document, document["components"]["schemas"][name], seen)
        return
    if "properties" in schema:
        yield schema["title"], schema
        yield from _objects(document, list(schema["properties"].values()), seen)
    inner = [schema.get(key) for key in ("items", "anyOf", "oneOf", "allOf", "additionalProperties")]
    yield from _objects(document, inner, seen)


def test_no_body_has_fields_that_nobody_reads(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    document = client.app.openapi()
    bodies = list(_bodies(document))
    assert len(bodies) > 30
    for route, body in bodies:
        if route in LENIENT:
            continue
        for name, schema in _objects(document, body, set()):
            assert schema.get("additionalProperties") is False, (
                f"{route} takes fields that {name} does not have, and forgets them: a misspelt priority would be "
                "taken for the usual one. Make it a flowpilot.http.fields.Body."
            )
