"""Static files, our own and npm's, each at an address that changes with its content."""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from markupsafe import Markup
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_ICONS = STATIC / "vendor" / "icons"

# The themes for browsers without scripts are made of the other stylesheets, and no files.
_THEMES = {"light.css": "light", "dark.css": "dark"}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


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
    of_theme = re.compile(rf"""\[data-bs-theme=["']?{theme}["']?\]""")
    sheets = [STATIC / "vendor" / "tabler.min.css", *sorted(STATIC.glob("*.css"))]
    rules = (rule for sheet in sheets for rule in _rules(_COMMENT.sub("", sheet.read_text())))
    # Those that name the root hold without a theme, or where it is the other one.
    own = ((selector, body) for selector, body in rules if of_theme.search(selector) and ":root" not in selector)
    return "\n".join(f"{of_theme.sub(':root', selector).strip()} {{{body}}}" for selector, body in own)


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """The rules that hold for every medium, as selector and body."""
    depth = begin = 0
    for brace in re.finditer("[{}]", css):
        if brace[0] == "{":
            if depth == 0:
                selector, begin = css[begin : brace.start()], brace.end()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                if not selector.strip().startswith("@"):
                    yield selector, css[begin : brace.start()]
                begin = brace.end()


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
