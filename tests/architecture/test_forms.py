"""A page's form sends along what its route counts on: the key under which it creates, and what the page showed."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from flowpilot.identity import idempotency
from flowpilot.web.outdated import SENT_ALONG
from flowpilot.web.render import templates
from tests.architecture.test_routes import _depends_on

# A field of the form's model, and the macro that puts it into the form.
MACROS = {
    "from_role": "from_role",
    "shown": "ui.shown(",
    "after_step": "ui.seen(",
    "based_on": "ui.based_on(",
    "holder": "ui.holder(",
}

_FORM = re.compile(r'<form\b[^>]*?method="post"[^>]*?action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_OTHER_ADDRESS = re.compile(r'formaction="([^"]+)"')
_TORN = re.compile(
    r'<legend class="form-label"[^>]*>[^<]*</legend>\s*(?:{#.*?#}\s*)?<input[^>]*type="hidden"', re.DOTALL
)
_BUTTON = re.compile(r"{% call ui\.do\(([^,]+),.*?%}(.*?){% endcall %}", re.DOTALL)
_FIELD = re.compile(r'<(?:input|textarea|select)\b[^>]*?\bname="(\w+)"[^>]*>')
_SHOWN_BY_MACRO = re.compile(r"ui\.(?:field|area|select|check|\w+_field)\('(\w+)'")
_READING = re.compile(r'<form\b(?![^>]*method="post").*?</form>', re.DOTALL)
_HIDDEN = re.compile(r'type="hidden"|\shidden[\s>]')


def _forms() -> Iterator[tuple[re.Pattern[str], str]]:
    """All forms of the templates: which addresses they may be sent to, and what is in them."""
    assert templates.loader is not None
    for name in templates.list_templates():
        source = templates.loader.get_source(templates, name)[0]
        for action, inside in _FORM.findall(source):
            for address in (action, *_OTHER_ADDRESS.findall(inside)):
                parts = re.split(r"{{.*?}}", address)
                if not any(parts):
                    continue  # The macro of a button, which the second pattern follows to its callers.
                yield re.compile("[^?]+".join(map(re.escape, parts))), inside
        for action, inside in _BUTTON.findall(source):
            parts = re.split(r"\w+ ~ | ~ \w+", action)
            yield re.compile("[^?]+".join(re.escape(part.strip("' ")) for part in parts)), inside


FORMS = list(_forms())


def _page_routes(app: object) -> Iterator[APIRoute]:
    assert isinstance(app, FastAPI)
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and "POST" in (context.methods or ()) and not route.include_in_schema:
            yield route


def _fields(route: APIRoute) -> set[str]:
    return {
        name
        for parameter in route.dependant.body_params
        for name in getattr(parameter.field_info.annotation, "model_fields", {})
    }


def test_a_form_that_creates_carries_a_key(client: TestClient) -> None:
    creating = [route for route in _page_routes(client.app) if idempotency.once in _depends_on(route.dependant)]
    assert len(creating) > 9
    for route in creating:
        insides = [inside for action, inside in FORMS if action.fullmatch(route.path)]
        assert insides, f"No form is sent to {route.path}, or by a button without room for a key."
        for inside in insides:
            assert "ui.once(frame)" in inside, (
                f"A form for {route.path} has no key: a double click or a reload without scripts creates twice. "
                "Put {{ ui.once(frame) }} into it."
            )


@pytest.mark.parametrize("field", sorted(MACROS))
def test_a_form_says_what_its_page_showed_where_its_route_counts_on_it(client: TestClient, field: str) -> None:
    routes = [route for route in _page_routes(client.app) if field in _fields(route)]
    assert routes
    for route in routes:
        insides = [inside for action, inside in FORMS if action.fullmatch(route.path)]
        assert insides, f"No form is sent to {route.path}."
        for inside in insides:
            assert MACROS[field] in inside, f"A form for {route.path} does not say what its page showed ({field})."


def test_no_hidden_field_is_shown_as_what_somebody_wrote() -> None:
    assert templates.loader is not None
    hidden, seen = set[str](), set[str]()
    for name in templates.list_templates():
        source = _READING.sub("", templates.loader.get_source(templates, name)[0])
        for field in _FIELD.finditer(source):
            (hidden if _HIDDEN.search(field[0]) else seen).add(field[1])
        seen |= set(_SHOWN_BY_MACRO.findall(source))
    assert len(hidden) > 20
    assert hidden - seen <= SENT_ALONG, (
        "A form that is refused would show these fields as words that were not recorded: "
        f"{hidden - seen - SENT_ALONG}. List them in web/outdated.py."
    )


def test_nothing_unseen_follows_a_legend() -> None:
    """A legend floats, and what follows begins a line: after a hidden field, the first choice is torn apart."""
    assert templates.loader is not None
    sources = {name: templates.loader.get_source(templates, name)[0] for name in templates.list_templates()}
    torn = [name for name, source in sources.items() if _TORN.search(source)]
    assert torn == []
