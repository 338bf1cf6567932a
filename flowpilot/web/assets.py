"""Static files, our own and npm's, each at an address that changes with its content."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import tinycss2
from fastapi import Response
from fastapi.staticfiles import StaticFiles
from markupsafe import Markup
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_ICONS = STATIC / "vendor" / "icons"

# The themes for browsers without scripts are made of the other stylesheets, and no files.
_THEMES = {"light.css": "light", "dark.css": "dark"}
_NESTING = frozenset({"container", "layer", "media", "supports"})


@cache
def static_url(name: str) -> str:
    """The address of a static file, with a digest of its content, so that browsers may cache it for good."""
    content = theme_style(_THEMES[name]).encode() if name in _THEMES else (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


@cache
def theme_style(theme: str) -> str:
    """A theme for browsers without scripts: the rules that theme.js turns on by an attribute, without it.

    Pages link both where no script runs, and a browser obeys the one that fits its system.
    """
    return "\n".join(rules_of(_all_rules(), theme))


@cache
def _all_rules() -> list[Any]:
    """The rules of all stylesheets."""
    sheets = [STATIC / "vendor" / "tabler.min.css", *sorted(STATIC.glob("*.css"))]
    return [rule for sheet in sheets for rule in tinycss2.parse_stylesheet(sheet.read_text(), skip_comments=True)]


def rules_of(rules: Iterable[Any], theme: str) -> Iterator[str]:
    """Those of the parsed rules, and of the rules in rules for some media, that hold in a theme, without it."""
    of_theme = re.compile(rf"""\[data-bs-theme=["']?{theme}["']?\]""")
    for rule in rules:
        if rule.type == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude)
            # Those that name the root hold without a theme, or where it is the other one.
            if of_theme.search(selector) and ":root" not in selector:
                yield f"{of_theme.sub(':root', selector).strip()} {{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.at_keyword in _NESTING and rule.content is not None:
            within = tinycss2.parse_rule_list(rule.content, skip_comments=True)
            if inner := list(rules_of(within, theme)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{' '.join(inner)}}}"


@cache
def icon(name: str, label: str = "") -> Markup:
    """An icon of Tabler's outline set, as inline SVG. Without a label it is decoration."""
    svg = (_ICONS / f"{name}.svg").read_text()
    start = svg.index(">") + 1
    label_of = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    head = Markup(
        '<svg class="icon" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}>'
    ).format(label_of)
    return head + Markup(" ".join(svg[start:].split()))  # noqa: S704 - a file of the package, not a caller's text


class Assets(StaticFiles):
    """Static files that browsers cache for good when the address holds the digest, and ask for again otherwise.

    A script that another imports has no digest in its address.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, or the style that is made of others."""
        if path not in _THEMES:
            return await super().get_response(path, scope)
        headers = {"Cache-Control": _cached(scope)}
        return Response(theme_style(_THEMES[path]), media_type="text/css", headers=headers)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """A file, with its caching header."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # The parent's own, passed on.
        scope: Scope = kwargs["scope"] if "scope" in kwargs else args[2]  # type: ignore[assignment]
        answer.headers["Cache-Control"] = _cached(scope)
        return answer


def _cached(scope: Scope) -> str:
    is_final = scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if is_final else "no-cache"
