"""Where a browser is led when what it asked for cannot be answered there."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from flowpilot.identity.cookies import CrossSiteError, check_same_site
from flowpilot.web.outdated import page_before


def is_of_ours(request: Request) -> bool:
    """Whether the form was on a page of ours. What another site sends is not shown as if it was written here."""
    try:
        check_same_site(request)
    except CrossSiteError:
        return False
    return True


def wanted(request: Request) -> str:
    """The requested page. If the request was a form or a part of a page, that page, or Home if it does not say."""
    if request.method == "GET" and "HX-Current-URL" not in request.headers:
        return path_of(request)
    return page_before(request) or "/"


def lead_to(request: Request, path: str, *, status: int = 200) -> Response:
    """Lead the browser to a page; `status` is that of the answer to a script."""
    if "HX-Current-URL" in request.headers:
        # Otherwise the sign-in page would appear inside a part of the page.
        return Response(status_code=status, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def path_of(request: Request) -> str:
    """The requested path, with its query."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
