"""The answer to a failure: RFC 9457 problem+json, or a page for a person."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from flowpilot.errors import FlowPilotError
from flowpilot.validation import said_plainly

PROBLEM_JSON = "application/problem+json"


class Problem(BaseModel):
    """An error, as RFC 9457 has it. `request_id` leads to the server's log."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None


# Any route may answer with an error. Given once, it is in the OpenAPI document for every route.
RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"description": what, "content": {PROBLEM_JSON: {"schema": Problem.model_json_schema()}}}
    for code, what in {"4XX": "The request cannot be answered as it is.", "5XX": "The fault is ours."}.items()
}


def problem(request: Request, status: int, slug: str, detail: str, **extra: Any) -> JSONResponse:
    """One problem+json answer; `request_id` leads to the server's log."""
    body = {
        "type": f"urn:flowpilot:problem:{slug}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": getattr(request.state, "request_id", None),
        **extra,
    }
    answer = JSONResponse(jsonable_encoder(body), status_code=status, media_type=PROBLEM_JSON)
    if body["request_id"] is not None:
        answer.headers["X-Request-ID"] = body["request_id"]
    return answer


def _wrong_field(item: Mapping[str, Any]) -> dict[str, str]:
    """One invalid field, from Pydantic's error."""
    return {
        "field": ".".join(str(part) for part in item["loc"]),
        "message": said_plainly(item),
    }


AsPage = Callable[[Request, dict[str, Any], Exception], Awaitable[Response | None]]


def install_error_handlers(app: FastAPI, as_page: AsPage) -> None:
    """Make every error of the app, expected or not, answer as problem+json, or as a page.

    Args:
        as_page: makes the page that shows a problem to a person; None if a program sent the request.
    """

    async def answered(request: Request, error: Exception, answer: JSONResponse) -> Response:
        page = await as_page(request, json.loads(bytes(answer.body)), error)
        return answer if page is None else page

    async def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, FlowPilotError)
        body = problem(request, error.status, error.slug, error.detail, **error.extra)
        answer = await answered(request, error, body)
        answer.headers.update(error.headers)
        return answer

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        answer = await answered(request, error, problem(request, error.status_code, slug, str(error.detail)))
        answer.headers.update(error.headers or {})
        return answer

    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [_wrong_field(item) for item in error.errors()]
        detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors)
        return await answered(request, error, problem(request, 422, "invalid", detail, errors=errors))

    async def unexpected(request: Request, error: Exception) -> Response:
        detail = "Something went wrong in FlowPilot. The server's log has the details under this request id."
        return await answered(request, error, problem(request, 500, "internal", detail))

    app.add_exception_handler(FlowPilotError, expected)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(Exception, unexpected)
