"""What a load balancer and Prometheus ask: is the process alive, is it ready, and what has it counted."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database
from flowpilot.http.metrics import Registry
from flowpilot.http.problems import problem
from flowpilot.migrations.upgrade import known_revisions, newest_revision

router = APIRouter(tags=["operation"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "alive"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={503: {"description": "The database does not answer, or is not migrated."}})
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
    # An unknown revision belongs to a newer release, with whose tables the release before, ours, still works.
    if revision != newest_revision() and revision in known_revisions():
        detail = f"The database is at revision {revision}, not {newest_revision()}. Run: flowpilot db upgrade"
        return problem(request, 503, "not-ready", detail)
    return JSONResponse({"status": "degraded" if down else "ready", "revision": revision, "down": down})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus metrics of this server: the sums of all its processes."""
    registry: Registry = request.app.state.metrics.registry
    return Response(registry.text(), media_type=CONTENT_TYPE_LATEST)
