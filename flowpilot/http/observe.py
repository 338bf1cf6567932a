"""What an operator sees of each request: an id on every answer, and Prometheus metrics."""

import logging
import time

from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowpilot.db.base import new_id
from flowpilot.http.metrics import Registry

_log = logging.getLogger(__name__)


class RequestMetrics:
    """The counters of one app."""

    def __init__(self, registry: Registry | None = None) -> None:
        self.registry = registry or Registry()
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
    """Give each request an id, and count it under the path of its route."""

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
                # A stream goes on for hours after this.
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
            # The route's path, never the request's: with ids in labels, each would make a series of its own.
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.requests.labels(scope["method"], route, status).inc()
            if seconds is None:
                seconds = time.perf_counter() - started
            self.metrics.seconds.labels(scope["method"], route).observe(seconds)
