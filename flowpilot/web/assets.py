"""Static files, our own and npm's, each at an address that changes with its content."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from markupsafe import Markup
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_ICONS = STATIC / "vendor" / "icons"


@cache
def static_url(name: str) -> str:
    """The address of a static file, with a digest of its content, so that browsers may cache it for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


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

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """A file, with its caching header."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # The parent's own, passed on.
        scope: Scope = kwargs["scope"] if "scope" in kwargs else args[2]  # type: ignore[assignment]
        is_final = scope["query_string"].startswith(b"v=")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_final else "no-cache"
        return answer
