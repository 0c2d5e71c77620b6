"""Requests to the Kubernetes API: credentials, TLS, time-outs, and answers turned into values or core errors.

The official client reads the configuration (kubeconfig with its exec plug-ins, or the pod's projected token, which it
reads again every minute); its typed models are left aside, because making them costs more than the request.
"""

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from kubernetes.aio import config as kube_config
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject

from penstock_core.errors import AnswerTooLarge, ClusterError, ClusterUnavailable, Conflict, NotFound

POOL_SIZE: Final = 64
"""Connections for requests at most. Each running watch holds one of its own, and those are as many as there are reflectors."""

REQUEST_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 5.0

_FAILURES: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError, kube_config.ConfigException)
"""ValueError: an answer that is not JSON, as of a proxy. ConfigException: no token, as while its file is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `path` is absolute, `body` is sent as JSON."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Any = None
    content_type: str = "application/json"
    accept: str = "application/json"
    timeout: float = REQUEST_SECONDS
    """Seconds for the whole request, waiting for a connection included."""
    most_bytes: int | None = None
    """Of the answer: a longer one raises `AnswerTooLarge`."""


class Transport:
    """One session to one API server. Close it when done."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._base: str = str(configuration.host).rstrip("/")
        ssl_context = RESTClientObject(configuration).ssl_context
        # no netrc and no HTTP_PROXY: they could replace the credentials; kubeconfig's proxy-url is honoured
        self._requests, self._watches = (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=limit, ssl=ssl_context), trust_env=False)
            for limit in (POOL_SIZE, 0)
        )

    @classmethod
    async def connect(cls) -> "Transport":
        """Use the pod's service account where there is one, else `KUBECONFIG`, else `~/.kube/config`.

        Raises `ClusterError` where neither can be used.
        """
        configuration = Configuration()
        try:
            if os.environ.get("KUBERNETES_SERVICE_HOST"):
                kube_config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            else:
                location = os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")  # noqa: ASYNC240, PTH111
                await kube_config.load_kube_config(  # type: ignore[no-untyped-call]
                    config_file=location, client_configuration=configuration
                )
        except (kube_config.ConfigException, OSError) as error:
            raise ClusterError(f"no usable Kubernetes configuration: {error}") from error
        return cls(configuration)

    async def close(self) -> None:
        """Close all connections, running watches included."""
        await self._requests.close()
        await self._watches.close()

    async def send(self, request: Request) -> Any:
        """The answer's JSON; raises a `ClusterError` with the API's own message."""
        try:
            async with self._open(self._requests, request, aiohttp.ClientTimeout(total=request.timeout)) as response:
                data = await _read(response, request)
            if response.status >= 400:
                raise failure(response.status, data)
            return json.loads(data)
        except _FAILURES as error:
            raise _unreachable(request, error) from error

    async def lines(self, request: Request, *, idle_seconds: float) -> AsyncGenerator[Any, None]:
        """Each line of a streamed answer as JSON; fails after `idle_seconds` without a byte."""
        limits = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=idle_seconds)
        try:
            async with self._open(self._watches, request, limits) as response:
                if response.status >= 400:
                    raise failure(response.status, await response.read())
                async for line in _split(response.content):
                    yield json.loads(line)
        except _FAILURES as error:
            raise _unreachable(request, error) from error

    def _open(self, session: aiohttp.ClientSession, request: Request, limits: aiohttp.ClientTimeout) -> "_Opening":
        return _Opening(session, self._configuration, request=request, limits=limits, base=self._base)


class _Opening:
    """Opens a request with fresh credentials: asking for them may read a file or run a plug-in."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        configuration: Configuration,
        *,
        request: Request,
        limits: aiohttp.ClientTimeout,
        base: str,
    ) -> None:
        self._session = session
        self._configuration = configuration
        self._request = request
        self._limits = limits
        self._base = base
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> aiohttp.ClientResponse:
        request = self._request
        headers = {"Accept": request.accept}
        bearer = (await self._configuration.auth_settings()).get("BearerToken")
        if bearer is not None and bearer["value"]:
            headers["Authorization"] = bearer["value"]
        data = None
        if request.body is not None:
            headers["Content-Type"] = request.content_type
            data = json.dumps(request.body, separators=(",", ":")).encode()
        self._response = await self._session.request(
            request.method,
            self._base + request.path,
            params=request.query,
            data=data,
            headers=headers,
            timeout=self._limits,
            proxy=self._configuration.proxy or None,
            server_hostname=self._configuration.tls_server_name or None,
            allow_redirects=False,
        )
        return self._response

    async def __aexit__(self, *_: object) -> None:
        if self._response is not None:
            # an answer that was read to its end gives its connection back to the pool here, any other closes it
            await self._response.__aexit__(None, None, None)


async def _read(response: aiohttp.ClientResponse, request: Request) -> bytes:
    """The answer's body, never more of it in memory than is wanted."""
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if request.most_bytes is not None and size > request.most_bytes:
            raise AnswerTooLarge(
                f"the answer to {request.method} {request.path} is longer than {request.most_bytes} bytes"
            )
        parts.append(chunk)
    return b"".join(parts)


async def _split(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length: objects may be as large as etcd allows, aiohttp's own `readline` stops earlier."""
    parts: list[bytes] = []
    async for chunk in content.iter_any():
        *complete, rest = chunk.split(b"\n")
        for piece in complete:
            line = b"".join([*parts, piece])
            parts = []
            if line:
                yield line
        if rest:
            parts.append(rest)


def _unreachable(request: Request, error: Exception) -> ClusterUnavailable:
    reason = str(error) or type(error).__name__
    return ClusterUnavailable(f"no answer from the Kubernetes API to {request.method} {request.path}: {reason}")


def failure(status: int, body: bytes) -> ClusterError:
    """The error for an HTTP status and the `Status` object in its body, or its text where it is none."""
    try:
        message = json.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        message = body[:500].decode(errors="replace").strip() or f"the Kubernetes API answered {status}"
    kind: type[ClusterError] = ClusterError
    if status == 404:
        kind = NotFound
    elif status == 409:
        kind = Conflict
    elif status == 429 or status >= 500:
        kind = ClusterUnavailable
    return kind(message, status=status)
