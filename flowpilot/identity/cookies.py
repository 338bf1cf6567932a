"""The browser's credential: a signed token in a cookie, and its protection against other sites.

A browser also sends the cookie with a form of another site. So a request that changes something must prove that
it comes from our own pages: by Fetch Metadata, or, because browsers send none over plain HTTP, by its Origin.
Sources: https://www.w3.org/TR/fetch-metadata/, and OWASP's Cross-Site Request Forgery Prevention Cheat Sheet,
which calls this a complete defence.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import Request, Response

from flowpilot.errors import FlowPilotError
from flowpilot.identity.credentials import TokenClaim, sign_token

COOKIE = "flowpilot_session"

_SAFE = {"GET", "HEAD", "OPTIONS"}


class CrossSiteError(FlowPilotError):
    """A request that changes something came from another site, or from no page at all."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "This was not sent from a FlowPilot page. Open the page again. Scripts use an API key instead."
        )


def cookie_of(request: Request) -> str | None:
    """The credential in the request's cookie, if it has one.

    Raises:
        CrossSiteError: the request would change something, and did not come from one of our pages.
    """
    token = request.cookies.get(COOKIE)
    if token is not None:
        check_same_site(request)
    return token


def check_same_site(request: Request) -> None:
    """Refuse a request that another site sends in its visitor's name.

    Raises:
        CrossSiteError: the request would change something, and did not come from one of our pages.
    """
    if request.method in _SAFE:
        return
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None:
        if fetched_from != "same-origin":
            raise CrossSiteError
        return
    origin = request.headers.get("Origin")
    if origin is None or urlsplit(origin).netloc != request.headers.get("Host"):
        raise CrossSiteError


def keep_signed_in(request: Request, response: Response, claim: TokenClaim) -> None:
    """Set the claim as the browser's credential, for as long as the settings say."""
    settings = request.app.state.settings
    lifetime = timedelta(hours=settings.sign_in_hours)
    minutes = int(lifetime.total_seconds() // 60)
    is_secure = request.url.scheme == "https" or (settings.public_url or "").startswith("https:")
    response.set_cookie(
        COOKIE,
        sign_token(claim, request.app.state.signing_key, minutes),
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        # Not strict: then a person who follows a link in a message would not be signed in.
        samesite="lax",
        secure=is_secure,
    )


def sign_out(response: Response) -> None:
    """Delete the browser's credential."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
