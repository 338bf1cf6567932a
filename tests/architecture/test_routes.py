"""A route's signature says who may call it; routes without a caller are listed here."""

import re
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from flowpilot.identity import auth

PUBLIC = {
    ("GET", "/docs"),  # The API's documentation says what there is, not what is in it.
    ("GET", "/sign-in"),  # Where a browser gets its credential.
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),  # It takes the credential away; without one, nothing changes.
    ("GET", "/setup"),  # Before there is anybody; the code that the server printed is the credential.
    ("POST", "/setup"),
    ("GET", "/healthz"),  # Load balancers ask it, before anybody can sign in.
    ("HEAD", "/healthz"),
    ("GET", "/readyz"),
    ("HEAD", "/readyz"),
    ("GET", "/metrics"),  # Prometheus; it names routes and counts, never a tenant.
    ("POST", "/api/v1/auth/token"),  # Where a credential comes from.
    ("POST", "/api/v1/invitations/look"),  # Invited people have only the link's secret.
    ("POST", "/api/v1/invitations/accept"),
    ("GET", "/invitation"),  # The same, as a page.
    ("POST", "/invitation"),
}


def _depends_on(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _depends_on(dependency)


def _routes(app: object) -> list[tuple[str, str, set[object]]]:
    """Method, path, and all that the route depends on."""
    assert isinstance(app, FastAPI)
    return [
        (method, str(context.path), set(_depends_on(route.dependant)))
        for context in iter_route_contexts(app.routes)
        if isinstance(route := context.original_route, APIRoute)
        for method in sorted(context.methods or ())
    ]


def test_public_routes_are_the_listed_ones(client: TestClient) -> None:
    public = {(method, path) for method, path, calls in _routes(client.app) if auth.claim not in calls}
    assert public == PUBLIC, (
        "A route without a caller in its signature is open to the world. Give it one, or list it here and say why."
    )


def test_every_route_that_reads_an_account_verifies_its_caller(client: TestClient) -> None:
    for _, path, calls in _routes(client.app):
        if auth.session in calls:
            assert calls & {auth.authenticate, auth.authenticate_held}, (
                f"{path} opens the account that a credential merely claims, without looking the credential up."
            )


# Words that say nothing by themselves.
_SMALL = {"a", "all", "an", "and", "as", "by", "for", "from", "in", "it", "of", "on", "one", "the", "their", "to"}


def test_no_docstring_of_a_route_repeats_its_name(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    functions = {
        context.original_route.endpoint
        for context in iter_route_contexts(client.app.routes)
        if isinstance(context.original_route, APIRoute)
    }
    repeating = sorted(
        f"{function.__module__}.{function.__name__}: {function.__doc__}"
        for function in functions
        if function.__doc__ and _words(function.__doc__) <= _words(function.__name__.replace("_", " "))
    )
    assert not repeating, f"{repeating}: a reader has just read the name. Say what the name does not, or nothing."


def _words(text: str) -> set[str]:
    return {word.removesuffix("s") for word in re.findall(r"[a-z]+", text.lower())} - _SMALL
