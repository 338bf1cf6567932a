"""The ASGI app: settings, database, routes and error handlers put together."""

import asyncio
import gc
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from math import nan
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from flowpilot import __version__
from flowpilot.analytics.routes import router as analytics
from flowpilot.attachments.api import router as attachments
from flowpilot.attachments.preparing import most_of_a_request
from flowpilot.baselines.api import router as baselines
from flowpilot.clients.api import router as clients
from flowpilot.db.replica.opening import replica_of
from flowpilot.db.session import Database
from flowpilot.db.watch import keep_running
from flowpilot.flows.routes import router as flows
from flowpilot.freshness.api import router as freshness
from flowpilot.handoffs.routes import router as handoffs
from flowpilot.health import router as health
from flowpilot.http.body_limits import BodyMiddleware, Uploads, takes_logs
from flowpilot.http.metrics import Registry
from flowpilot.http.observe import ObserveMiddleware, RequestMetrics
from flowpilot.http.problems import RESPONSES, install_error_handlers
from flowpilot.http.rate_limits import RateLimiter
from flowpilot.http.replica.middleware import ReplicaMiddleware
from flowpilot.http.replica.reads import ReplicaReads
from flowpilot.http.routers import Room
from flowpilot.http.security_headers import SecurityHeadersMiddleware
from flowpilot.identity.actor import Permission
from flowpilot.identity.detached import admit
from flowpilot.identity.first_run import setup_code
from flowpilot.identity.routes import router as identity
from flowpilot.imports.routes import router as imports
from flowpilot.imports.uploads.leftovers import keep_removing
from flowpilot.imports.uploads.service import most_of_an_upload
from flowpilot.knowledge.proposals.api import router as knowledge
from flowpilot.knowledge.wording.api import router as wording
from flowpilot.live.garbage import collect_seldom
from flowpilot.live.hub import Hub
from flowpilot.live.routes import router as live
from flowpilot.notifications.routes import router as notifications
from flowpilot.psa.routes import router as psa
from flowpilot.sessions.routes import router as sessions
from flowpilot.settings import Settings
from flowpilot.supervisor import Supervisor
from flowpilot.web.assets import STATIC, Assets
from flowpilot.web.error_pages import as_page
from flowpilot.web.routes import router as pages
from flowpilot.wiring import wire_features
from flowpilot.worker import work

_ABOUT = """\
Sign in with **Authorize** (e-mail and password), or send an API key as `Authorization: Bearer fp_…`.

Errors are `application/problem+json`, each with the request id under which the server's log has the details.
An unknown field is an error that names the field, so that a misspelt one is never replaced by its default.
"""


async def _warm_up(_: Callable[[], None]) -> None:
    # SciPy takes a second to import: do it in the background now, rather than in somebody's first report.
    await asyncio.to_thread(_import_what_is_slow)


def _import_what_is_slow() -> None:
    importlib.import_module("scipy.stats")
    # What is loaded by now stays for good, so the garbage collector need not look through it during a request.
    gc.collect()
    gc.freeze()


def create_app(
    settings: Settings,
    runtime_url: str,
    *,
    with_worker: bool = False,
    embedded_in: Path | None = None,
    is_first_run: bool = False,
    registry: Registry | None = None,
) -> FastAPI:
    """The app that serves one installation.

    Args:
        settings: of this process.
        runtime_url: the runtime role's database URL; the database must be migrated.
        with_worker: also run jobs in this process.
        embedded_in: the data directory of the embedded server to keep running, if there is one.
        is_first_run: nobody can sign in yet, so offer to create the first account.
        registry: of the metrics, if they are counted together with those of other processes.
    """
    metrics = RequestMetrics(registry)
    database = Database(runtime_url, pool_size=settings.database_pool_size, registry=metrics.registry)
    replica = replica_of(settings, runtime_url, metrics.registry)
    if replica is not None:
        metrics.registry.follow(
            "flowpilot_replica_lag_seconds",
            "How old what the replica shows is, at most; NaN while that is not known.",
            lambda: nan if (seconds := replica.lag_seconds()) is None else seconds,
            "livemostrecent",
        )
    reads = None if replica is None else ReplicaReads(replica, settings.limit_storage, metrics.registry)
    supervisor = Supervisor(metrics.registry)
    wire_features()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        supervisor.add("warm_up", _warm_up)
        supervisor.add("garbage", collect_seldom)
        supervisor.add("live_events", app.state.live.listen)
        if embedded_in is not None:
            supervisor.add("postgresql", partial(keep_running, embedded_in, runtime_url))
        if replica is not None:
            supervisor.add("replica", replica.watch)
        supervisor.add("leftovers", partial(keep_removing, settings))
        if with_worker:
            supervisor.add("jobs", partial(work, settings, runtime_url, database))
        async with app.state.live.running(), supervisor.running():
            yield
        await database.close()
        await app.state.limiter.close()
        if reads is not None:
            await reads.close()

    # The framework's own documentation pages load from a CDN; web/api_docs serves ours.
    app = FastAPI(
        title="FlowPilot",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        responses=RESPONSES,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.signing_key = settings.signing_key()
    app.state.setup_code = setup_code(app.state.signing_key) if is_first_run else None
    app.state.database = database
    app.state.replica_reads = reads
    app.state.limiter = RateLimiter(settings.limit_storage)
    app.state.metrics = metrics
    app.state.supervisor = supervisor
    app.state.live = Hub(runtime_url, database, app.state.signing_key)
    metrics.registry.follow_memory()
    metrics.registry.follow(
        "flowpilot_live_streams", "Live streams that are open.", lambda: app.state.live.n_streams, "livesum"
    )
    if reads is not None:
        app.add_middleware(ReplicaMiddleware, reads=reads)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(
        BodyMiddleware,
        uploads=[
            Uploads(most_of_a_request(settings), admit(Permission.WORK)),
            Uploads(most_of_an_upload(settings), admit(Permission.MANAGE_ACCOUNT), takes_logs),
        ],
    )
    app.add_middleware(ObserveMiddleware, metrics=metrics)
    install_error_handlers(app, as_page)
    rooms = Room()
    for router in (
        health,
        identity,
        attachments,
        flows,
        freshness,
        clients,
        sessions,
        # Before handoffs: the path of the stream would otherwise be read as that of a handoff called "stream".
        live,
        handoffs,
        baselines,
        knowledge,
        wording,
        notifications,
        psa,
        analytics,
        imports,
        pages,
    ):
        rooms.add(router)
    app.include_router(rooms)
    app.mount("/static", Assets(directory=STATIC))
    return app
