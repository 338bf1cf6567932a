"""What an operator sees: a request id on every answer, Prometheus metrics, and the health routes."""

import logging
import time

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowpilot.db.base import new_id
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database
from flowpilot.http.problems import problem
from flowpilot.migrations.upgrade import known_revisions, newest_revision

_log = logging.getLogger(__name__)
router = APIRouter(tags=["operation"])


class RequestMetrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "flowpilot_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "flowpilot_http_request_seconds",
            "Seconds until the answer began.",
            ["method", "route"],
            registry=self.registry,
        )


class ObserveMiddleware:
    """Give each request an id, and count it under its route's template."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        seconds: float | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                # A stream goes on for hours after that.
                seconds = time.perf_counter() - started
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            _log.exception("request %s failed", request_id)
            raise
        finally:
            # The template, never the path itself: ids in labels would make a series of each.
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.requests.labels(scope["method"], route, status).inc()
            if seconds is None:
                seconds = time.perf_counter() - started
            self.metrics.seconds.labels(scope["method"], route).observe(seconds)


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "alive"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={503: {"description": "The database is away, or not migrated."}})
async def readyz(request: Request) -> JSONResponse:
    """The database answers, and is at the revision this version works with."""
    database: Database = request.app.state.database
    down = [{"work": work.name, "seconds": round(work.seconds)} for work in request.app.state.supervisor.down()]
    try:
        async with database.read(None) as db:
            revision = await db.scalar(text("SELECT version_num FROM alembic_version"))
    except DatabaseUnavailableError as error:
        return problem(request, 503, "not-ready", error.detail, down=down)
    except ProgrammingError:
        return problem(request, 503, "not-ready", "The database was never migrated. Run: flowpilot db upgrade")
    # A revision that we do not know is a newer release's, which keeps working with the one before it: with us.
    if revision != newest_revision() and revision in known_revisions():
        detail = f"The database is at revision {revision}, not {newest_revision()}. Run: flowpilot db upgrade"
        return problem(request, 503, "not-ready", detail)
    return JSONResponse({"status": "degraded" if down else "ready", "revision": revision, "down": down})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus metrics of this process."""
    registry = request.app.state.metrics.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
