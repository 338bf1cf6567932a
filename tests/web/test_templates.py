"""A template uses only fields that its page has: the page's context is a dataclass."""

import dataclasses
import importlib
import pkgutil
import re

from jinja2 import nodes

from flowpilot import web
from flowpilot.web.analytics.tabs import TABS
from flowpilot.web.render import Page, templates

for module in pkgutil.iter_modules(web.__path__):
    importlib.import_module(f"{web.__name__}.{module.name}")


def _pages(kind: type[Page] = Page) -> list[type[Page]]:
    # A slotted dataclass is made twice; the first of the two has no template of its own name left.
    found = [one for child in kind.__subclasses__() for one in (child, *_pages(child))]
    return [one for one in found if hasattr(one, "template") and dataclasses.is_dataclass(one)]


def _source(name: str) -> str:
    assert templates.loader is not None
    return templates.loader.get_source(templates, name)[0]


PAGES = sorted({(page.__module__, page.__qualname__): page for page in _pages()}.items())


def test_a_template_asks_only_for_what_its_page_has() -> None:
    missing = {}
    for _, page in PAGES:
        asked = {
            node.attr
            for node in templates.parse(_source(page.template)).find_all(nodes.Getattr)
            if isinstance(node.node, nodes.Name) and node.node.name == "page"
        }
        missing[page.template] = asked - {field.name for field in dataclasses.fields(page)} - set(dir(page))
    assert {name: fields for name, fields in missing.items() if fields} == {}


def test_a_template_is_the_page_of_somebody_or_part_of_one() -> None:
    used = {page.template for _, page in PAGES} | {f"analytics/tabs/{tab.name}.html" for tab in TABS}
    for name in templates.list_templates():
        for node in templates.parse(_source(name)).find_all(
            (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
        ):
            if isinstance(node.template, nodes.Const):  # type: ignore[attr-defined]
                used.add(node.template.value)  # type: ignore[attr-defined]
    assert set(templates.list_templates()) - used == set(), "Nothing shows these templates. Delete them."


# A link or a form within would inherit these, and replace the page with a part of it, or leave its address behind.
_INHERITED = ("hx-push-url", "hx-select", "hx-target")


def test_what_a_part_asks_for_by_itself_says_nothing_of_the_links_in_it() -> None:
    passing_on = []
    for name in templates.list_templates():
        for tag in re.findall(r"<(?!input|form)\w+ [^<]*hx-get=[^<]*>", _source(name)):
            kept = re.search(r'hx-disinherit="([^"]*)"', tag)
            inherited = {one for one in _INHERITED if f"{one}=" in tag}
            if not inherited <= set(kept[1].split() if kept else ()):
                passing_on.append((name, tag))
    assert passing_on == []
