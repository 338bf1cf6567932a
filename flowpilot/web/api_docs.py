"""The API's interactive documentation, served from our own files."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, RedirectResponse

# Filled by `make setup` from npm; the page works without any network but the server's own.
STATIC = Path(__file__).parent / "static"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home() -> RedirectResponse:
    """The documentation is what there is to see in a browser."""
    return RedirectResponse("/docs")


@router.get("/docs")
async def api_docs() -> HTMLResponse:
    """Every route, to read and to try."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="FlowPilot API",
        swagger_js_url="/static/vendor/swagger-ui-bundle.js",
        swagger_css_url="/static/vendor/swagger-ui.css",
        swagger_favicon_url="/static/favicon.svg",
    )
