"""The reference page of the HTTP API."""

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr

from docs.markdown import code, doc, table
from flowpilot.analytics.requests import PER_MINUTE
from flowpilot.app import create_app
from flowpilot.identity import auth
from flowpilot.identity.actor import PERMISSIONS, Permission
from flowpilot.settings import Settings

# FastAPI's own idea of an error; ours is problem+json, described on the page.
_NOT_OURS = {"HTTPValidationError", "ValidationError"}


@cache
def _app() -> FastAPI:
    # Nothing connects, because an engine is lazy; with this key, none is written to a file.
    settings = Settings(data_dir=Path("/nonexistent"), secret_key=SecretStr("x" * 32))
    return create_app(settings, "postgresql://nobody@localhost/none")


def api_page() -> Iterator[str]:
    """Every route, and the models of their bodies and answers."""
    spec = _app().openapi()
    schemas = {name: schema for name, schema in spec["components"]["schemas"].items() if name not in _NOT_OURS}
    yield "# HTTP API\n"
    yield (
        "JSON in snake_case. A credential, which is a token from `POST /api/v1/auth/token` or an API key, "
        "goes into the header `Authorization: Bearer …`; it carries its account, so no path and no body names"
        " one. Every answer has an `X-Request-ID`. Above a limit the answer is 429 with `Retry-After`.\n"
    )
    yield (
        "An error is `application/problem+json` (RFC 9457): `type` (a URN a program can compare), `title`, "
        "`status`, `detail` (a sentence for a person), `request_id`; with 422 also `errors`, a list of "
        "`field` and `message`, when a parameter or the body is malformed. Lists come in pages of `items` and"
        " `next_cursor`, which is null on the last page.\n"
    )
    for path, method, route in _routes():
        operation = spec["paths"].get(path, {}).get(method.lower())
        yield f"## {method} {path}\n"
        if words := doc(route.endpoint) or route.description:
            yield f"{words}\n"
        if operation is not None:
            yield from _operation(route, operation)
    yield "# Models\n"
    for name, schema in sorted(schemas.items()):
        yield from _model(name, schema)


def _routes() -> Iterator[tuple[str, str, APIRoute]]:
    for context in iter_route_contexts(_app().routes):
        if isinstance(route := context.original_route, APIRoute):
            for method in sorted(context.methods or ()):
                yield str(context.path), method, route


def _operation(route: APIRoute, operation: dict[str, Any]) -> Iterator[str]:
    yield f"- **Who:** {_who(route)}"
    if limits := [
        PER_MINUTE[_closure(call)["what"]] for call in _calls(route.dependant) if _is_made_by(call, "limited")
    ]:
        yield f"- **Limit:** {limits[0]} requests a minute for each caller"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"- **Body:** {_type(content['schema'])} as `{kind}`"
    yield from (_answer(status, answer) for status, answer in operation["responses"].items() if status != "422")
    yield ""
    rows = (
        (
            code(p["name"]),
            p["in"],
            _type(p["schema"]),
            _default(p["schema"], p["required"]),
            p.get("description", ""),
        )
        for p in operation.get("parameters", ())
    )
    yield from table(("Parameter", "In", "Type", "Default", "Description"), rows)


def _answer(status: str, answer: dict[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if schema:
        return f"- **{status}:** {_type(schema)}"
    plain = answer["description"] == "Successful Response"
    return (
        f"- **{status}:** {'no content' if status == '204' else 'see above' if plain else answer['description']}"
    )


def _who(route: APIRoute) -> str:
    calls = list(_calls(route.dependant))
    for call in calls:
        if any(_is_made_by(call, maker) for maker in ("requires", "requires_detached", "requires_held")):
            permission: Permission = _closure(call)["permission"]
            roles = [role.value for role, granted in PERMISSIONS.items() if permission in granted]
            return f"{', '.join(roles)} (permission {code(permission)})"
    if auth.authenticate in calls:
        return "every member of an account"
    return "anybody who is signed in" if auth.claim in calls else "anybody"


def _calls(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


def _is_made_by(call: Any, maker: str) -> bool:
    return str(getattr(call, "__qualname__", "")).startswith(f"{maker}.")


def _closure(call: Any) -> dict[str, Any]:
    return dict(inspect.getclosurevars(call).nonlocals)


def _model(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"## {_model_name(name)}\n"
    if description := " ".join(schema.get("description", "").split()):
        yield f"{description}\n"
    if "enum" in schema:
        yield f"One of {', '.join(map(code, schema['enum']))}.\n"
    required = schema.get("required", ())
    rows = (
        (code(field), _type(kind), _default(kind, field in required), kind.get("description", ""))
        for field, kind in schema.get("properties", {}).items()
    )
    yield from table(("Field", "Type", "Default", "Description"), rows)


def _model_name(name: str) -> str:
    """A schema's name in words: a page of keys, the form of a route."""
    if name.startswith("Body_"):
        return f"{name.removeprefix('Body_').split('_api_')[0]} form"
    return f"Page of {name.removeprefix('Page_').rstrip('_')}" if name.startswith("Page_") else name


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = _model_name(schema["$ref"].rsplit("/", 1)[-1])
        return f"[{name}](#{name.lower().replace(' ', '-')})"
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if words := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return " ".join(map(code, words))
    if "prefixItems" in schema:
        return "pair of " + _type(schema["prefixItems"][0])
    if schema.get("type") == "array":
        return "list of " + _type(schema["items"])
    bounds = [f"{sign} {schema[key]}" for key, sign in (("minimum", "≥"), ("maximum", "≤")) if key in schema]
    lengths = [
        f"{sign} {schema[key]} characters"
        for key, sign in (("minLength", "≥"), ("maxLength", "≤"))
        if key in schema
    ]
    return " ".join([schema.get("format") or schema.get("type", "any"), *bounds, *lengths])


def _default(schema: dict[str, Any], required: bool) -> str:
    if required:
        return ""
    value = schema.get("default")
    return "optional" if value in (None, "") else code(value)
