"""From a typed page to HTML: the templates, what they share, and their headers.

A page is a frozen dataclass that names its template. The template sees it as `page`, and what all pages share as
`frame`. A name that the page does not have is an error, not an empty text.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import quote, unquote, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from flowpilot.attachments.schemas import attachments_in
from flowpilot.db.base import new_id
from flowpilot.flows.files.shown import shown_files
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.cookies import COOKIE, keep_signed_in
from flowpilot.web import formatting
from flowpilot.web.assets import icon, static_url
from flowpilot.web.frame import Frame
from flowpilot.web.help import inline, links, pieces, within
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
templates.filters.update(
    formatting.FILTERS,
    files=attachments_in,
    shown_files=shown_files,
    labelled=labelled,
    pieces=pieces,
    within=within,
    inline=inline,
    links=links,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a template sees as `page`. `title` is the title in the browser."""

    template: ClassVar[str]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Page):
    """A part of a page that is fetched after it is shown. Without scripts a link leads to it, as a page alone."""

    is_part: bool
    back: str

    @classmethod
    def of(cls, request: Request, **said: Any) -> Self:
        """The part as this request asks for it."""
        came_from = urlsplit(request.headers.get("Referer", ""))
        back = came_from._replace(scheme="", netloc="").geturl()
        is_ours = came_from.netloc == request.url.netloc and is_own_path(back)
        return cls(is_part="HX-Request" in request.headers, back=back if is_ours else "/", **said)


def render(request: Request, page: Page, frame: Frame | None = None, *, status: int = 200) -> HTMLResponse:
    """The page as HTML. Without a frame it is shown alone, as before sign-in.

    If a form was refused because its page was outdated, or without scripts, the page says so (`web/outdated`).
    """
    notice = request.cookies.get(_NOTICE)
    html = templates.get_template(page.template).render(
        page=page,
        frame=frame,
        request=request,
        notice=None if notice is None else unquote(notice),
        refusal=getattr(request.state, "refusal", None),
        refused=getattr(request.state, "refused", None),
    )
    answer = HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
    if notice is not None:
        answer.delete_cookie(_NOTICE)
    if frame is not None and frame.renewed is not None and COOKIE in request.cookies:
        keep_signed_in(request, answer, frame.renewed)
    return answer


def go_to(path: str, notice: str | None = None) -> RedirectResponse:
    """Redirect the browser to a page, with a notice of what was done."""
    answer = RedirectResponse(path, status_code=303)
    if notice is not None:
        # The next page shows it once.
        answer.set_cookie(_NOTICE, quote(notice), max_age=30, httponly=True, samesite="lax")
    return answer


def accounts_path(wanted: str) -> str:
    """The page to choose an account, which leads on to the requested page."""
    return "/accounts" if wanted == "/" else "/accounts?" + urlencode({"next": wanted})


def is_own_path(path: str | None) -> bool:
    """Whether a path from a request leads to a page of FlowPilot, and not to another site.

    Browsers read a backslash as a slash, and drop tabs and line breaks: either can hide a second slash.
    """
    if path is None or not path.isascii() or not path.isprintable():
        return False
    return path.startswith("/") and not path.startswith(("//", "/\\"))
