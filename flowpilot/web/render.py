"""From a typed page to HTML: the templates, what they share, and the headers that guard them.

A page is a frozen dataclass that names its template; the template sees it as `page`, and what all pages have in
common as `frame`. What a page has not is an error, not an empty place.
"""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, unquote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from flowpilot.db.base import new_id
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.cookies import COOKIE, keep_signed_in
from flowpilot.web import formatting
from flowpilot.web.assets import icon, static_url
from flowpilot.web.frame import Frame
from flowpilot.web.tables import labelled

_NOTICE = "flowpilot_notice"

templates = Environment(
    loader=PackageLoader("flowpilot.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals.update(
    icon=icon,
    static=static_url,
    duration=formatting.duration,
    new_key=new_id,
    live_kinds=" ".join(HandoffEventKind),
)
templates.filters.update(formatting.FILTERS, labelled=labelled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a template is given as `page`. `title` is the browser's."""

    template: ClassVar[str]
    title: str


def render(request: Request, page: Page, frame: Frame | None = None, *, status: int = 200) -> HTMLResponse:
    """The page as HTML. Without a frame it stands alone, as before somebody has signed in.

    Where a form was refused because its page had changed, the page says so (`web/outdated`).
    """
    notice = request.cookies.get(_NOTICE)
    html = templates.get_template(page.template).render(
        page=page,
        frame=frame,
        request=request,
        notice=None if notice is None else unquote(notice),
        refusal=getattr(request.state, "refusal", None),
    )
    answer = HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
    if notice is not None:
        answer.delete_cookie(_NOTICE)
    if frame is not None and frame.renewed is not None and COOKIE in request.cookies:
        keep_signed_in(request, answer, frame.renewed)
    return answer


def go_to(path: str, notice: str | None = None) -> RedirectResponse:
    """Lead the browser to a page after something was done, with a word on what was done."""
    answer = RedirectResponse(path, status_code=303)
    if notice is not None:
        # It is shown once, by the page that comes next.
        answer.set_cookie(_NOTICE, quote(notice), max_age=30, httponly=True, samesite="lax")
    return answer


def accounts_path(wanted: str) -> str:
    """The choice of an account, which leads on to the page that was asked for."""
    return "/accounts" if wanted == "/" else "/accounts?" + urlencode({"next": wanted})


def is_own_path(path: str | None) -> bool:
    """Whether a path given in a URL leads to a page of ours, and not to another site.

    Browsers take a backslash for a slash, and leave out tabs and line breaks: either can hide a second slash.
    """
    if path is None or not path.isascii() or not path.isprintable():
        return False
    return path.startswith("/") and not path.startswith(("//", "/\\"))
