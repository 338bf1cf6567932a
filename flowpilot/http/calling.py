"""A route's function, called with what it depends on: planned once, where FastAPI finds out anew in each request.

What a route can be is FastAPI's, and so are the words of its errors. This is a shorter way for routes that read
JSON, or nothing, and return a model or a response. Others, such as those with a form, go FastAPI's own way.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import Message
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, NamedTuple

from fastapi import HTTPException, Request, Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, serialize_response
from pydantic_core import PydanticUndefined
from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.types import ASGIApp, Receive, Scope, Send


def answering(route: APIRoute) -> ASGIApp:
    """What answers the requests of a route."""
    plan = _plan_of(route)
    if plan is None:
        return route.app

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if "fastapi.telemetry" in scope:  # It says how long each part takes.
            await route.app(scope, receive, send)
            return
        request = Request(scope, receive, send)

        async def called(scope: Scope, receive: Receive, send: Send) -> None:
            # What ends with the function, such as the transaction, has ended before the answer is sent.
            async with AsyncExitStack() as stack:
                response = await _response(route, plan, request, stack)
            await response(scope, receive, send)

        # A refusal is answered with this request: another one would wait for a form that this one has read.
        await wrap_app_handling_exceptions(called, request)(scope, receive, send)

    return answer


class _Call(NamedTuple):
    """A function that is called with what others have returned, and with what the request says."""

    function: Callable[..., Any]
    is_context: bool
    needs: tuple[tuple[str, int], ...]
    asks: Dependant | None
    request_name: str | None


class _UnplannedError(Exception):
    """Something that only FastAPI does."""


def _plan_of(route: APIRoute) -> list[_Call] | None:
    """The calls for a request, the route's own last; None if FastAPI has to find them out."""
    is_odd = (
        (route.body_field is not None and isinstance(route.body_field.field_info, Form))
        or (route.response_field is not None and not isinstance(route.response_class, DefaultPlaceholder))
        or not iscoroutinefunction(route.dependant.call)
        or any(_alterations(route))
    )
    if is_odd:
        return None
    plan: list[_Call] = []
    try:
        _add(route.dependant, plan, {}, is_route=True)
    except _UnplannedError:
        return None
    return plan


def _alterations(route: APIRoute) -> Iterator[object]:
    """What a route may ask for beyond what its model says."""
    yield from (route.response_model_include, route.response_model_exclude, not route.response_model_by_alias)
    yield from (route.response_model_exclude_unset, route.response_model_exclude_defaults)
    yield from (route.response_model_exclude_none, route.max_body_size, route.form_limits)
    yield not isinstance(route.strict_content_type, DefaultPlaceholder)


def _add(dependant: Dependant, plan: list[_Call], places: dict[object, int], *, is_route: bool = False) -> int:
    """Add the calls that a dependency needs, and its own; its place among them."""
    which = dependant.call, dependant.scope
    if which in places:
        return places[which]
    needs = [(one.name, _add(one, plan, places)) for one in dependant.dependencies]
    function = dependant.call
    is_context = isasyncgenfunction(function)
    is_awaited = iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
    is_planned = (
        function is not None
        and (dependant.scope == "function" if is_context else is_awaited)
        and (is_route or not dependant.body_params)
        and dependant.use_cache
        and not any(_extras(dependant))
    )
    if function is None or not is_planned:
        raise _UnplannedError
    asks = (
        dependant.path_params,
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.body_params,
    )
    plan.append(
        _Call(
            asynccontextmanager(function) if is_context else function,
            is_context,
            tuple((name, place) for name, place in needs if name is not None),
            dependant if any(asks) else None,
            dependant.request_param_name or dependant.http_connection_param_name,
        )
    )
    places[which] = len(plan) - 1
    return places[which]


def _extras(dependant: Dependant) -> Iterator[object]:
    yield from (dependant.websocket_param_name, dependant.response_param_name)
    yield dependant.background_tasks_param_name
    yield from (dependant.security_scopes_param_name, dependant.own_oauth_scopes, dependant.concurrency)


async def _response(route: APIRoute, plan: Sequence[_Call], request: Request, stack: AsyncExitStack) -> Response:
    body = PydanticUndefined if route.body_field is None else await _body_of(request)
    results: list[Any] = []
    wrong: list[Any] = []
    failed = set[int]()
    for place, call in enumerate(plan):
        values = {name: results[needed] for name, needed in call.needs}
        if call.request_name is not None:
            values[call.request_name] = request
        is_wrong = bool(failed) and any(needed in failed for _, needed in call.needs)
        if call.asks is not None:
            said, errors = await _said(route, call.asks, request, body)
            values |= said
            wrong += errors
            is_wrong = is_wrong or bool(errors)
        is_last = place == len(plan) - 1
        if is_last and wrong:
            raise RequestValidationError(wrong, body=None if body is PydanticUndefined else body)
        if is_wrong:
            # What depends on it cannot be called. What does not is, as it may refuse the caller.
            failed.add(place)
            results.append(None)
        elif call.is_context:
            results.append(await stack.enter_async_context(call.function(**values)))
        else:
            results.append(await call.function(**values))
    return await _answer(route, results[-1])


async def _said(route: APIRoute, asks: Dependant, request: Request, body: Any) -> tuple[dict[str, Any], list[Any]]:
    """What the request says of what a function asks for, and what is wrong with that."""
    values: dict[str, Any] = {}
    wrong: list[Any] = []
    for fields, given in (
        (asks.path_params, request.path_params if asks.path_params else {}),
        (asks.query_params, request.query_params if asks.query_params else {}),
        (asks.header_params, request.headers if asks.header_params else {}),
        (asks.cookie_params, request.cookies if asks.cookie_params else {}),
    ):
        if fields:
            said, errors = request_params_to_args(fields, given)
            values |= said
            wrong += errors
    if asks.body_params:
        said, errors = await request_body_to_args(
            body_fields=asks.body_params,
            received_body=body,
            embed_body_fields=route._embed_body_fields,  # noqa: SLF001
        )
        values |= said
        wrong += errors
    return values, wrong


async def _body_of(request: Request) -> Any:
    """The body, read as JSON if it says that it is."""
    try:
        body = await request.body()
        if not body:
            return PydanticUndefined
        return json.loads(body) if _is_json(request.headers.get("content-type")) else body
    except json.JSONDecodeError as error:
        said = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error", "input": {}}
        raise RequestValidationError([said | {"ctx": {"error": error.msg}}], body=error.doc) from error
    except HTTPException:
        raise
    except Exception as error:
        raise HTTPException(400, "There was an error parsing the body") from error


def _is_json(content_type: str | None) -> bool:
    if content_type is None or content_type == "application/json":
        return content_type is not None
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


async def _answer(route: APIRoute, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    status = route.status_code or 200
    content = await serialize_response(
        field=route.response_field, response_content=result, dump_json=route.response_field is not None
    )
    if route.response_field is not None:
        return Response(content, status_code=status, media_type="application/json")
    answer = JSONResponse(content, status_code=status)
    if content is None and status == 204:
        answer.body = b""
    return answer
