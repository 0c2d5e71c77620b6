"""The FastAPI application behind everything but webhooks, and how its errors become problems."""

import logging
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from penstock_core.errors import InvalidInput, StoreUnavailable, TooLarge
from penstock_gateway import problems
from penstock_gateway.api import faults
from penstock_gateway.problems import Disconnected, Problem

_log = logging.getLogger(__name__)


def create_api(*routers: APIRouter, version: str) -> FastAPI:
    """The application; its document is at `/api/openapi.json`."""
    api = FastAPI(
        title="Penstock",
        version=version,
        description="Executions of integration flows. Authenticate with a Kubernetes bearer token.",
        openapi_url="/api/openapi.json",
        # the pages would load scripts from elsewhere; the document is what tools need
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in routers:
        api.include_router(router)
    handlers: dict[Any, Any] = {
        Problem: _problem,
        Disconnected: _gone,
        StoreUnavailable: _store_unavailable,
        TooLarge: _too_large,
        InvalidInput: _invalid_input,
        RequestValidationError: _invalid_request,
        HTTPException: _no_route,
        Exception: _defect,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
    api.add_middleware(HeadAsGet)
    return api


class HeadAsGet:
    """Answers HEAD as GET; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        await self._app({**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope, receive, send)


def answer(problem: Problem) -> Response:
    """A problem as Starlette sends it."""
    status, headers, content = problem.render()
    response = Response(content, status_code=status)
    response.raw_headers = headers
    return response


async def _problem(_: Request, error: Problem) -> Response:
    return answer(error)


async def _gone(_: Request, __: Disconnected) -> Response:
    return Response(status_code=400)  # nobody reads it


async def _store_unavailable(_: Request, error: StoreUnavailable) -> Response:
    _log.warning("database does not answer a read", extra={"cause": str(error)})
    return answer(problems.read_unavailable())


async def _too_large(_: Request, error: TooLarge) -> Response:
    return answer(Problem(problems.VALUE_TOO_LARGE, f"{str(error).capitalize()}."))


async def _invalid_input(_: Request, error: InvalidInput) -> Response:
    return answer(Problem(problems.MALFORMED_REQUEST, str(error)))


async def _invalid_request(_: Request, error: RequestValidationError) -> Response:
    detail = f"{'; '.join(faults.sentences(error.errors()))}. /api/openapi.json describes what is allowed."
    return answer(Problem(problems.MALFORMED_REQUEST, detail))


async def _no_route(request: Request, error: HTTPException) -> Response:
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "GET").replace("GET", "GET, HEAD")
        return answer(
            Problem(
                problems.METHOD_NOT_ALLOWED,
                f"This path takes {allowed}, not {request.method}.",
                headers=[("Allow", allowed)],
            )
        )
    return answer(
        Problem(
            problems.NO_SUCH_PATH, "Webhooks are below /hooks/, the API below /api/v1/, described by /api/openapi.json."
        )
    )


async def _defect(request: Request, error: Exception) -> Response:
    _log.error("request failed", extra={"path": request.url.path[:200]}, exc_info=error)
    return answer(problems.defect())
