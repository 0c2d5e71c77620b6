"""The Kubernetes client of operator and gateway: a handful of verbs over plain dicts.

Every method raises a `ClusterError` (see `errors`) whose message is the API's own, and has a time-out.
Nothing here retries: the callers know whether a repeat is harmless.
"""

import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from penstock_core import names, uuid7
from penstock_core.cluster.kinds import EVENTS, SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS, Kind
from penstock_core.cluster.transport import Request, Transport
from penstock_core.errors import AnswerTooLarge, Conflict, NotFound
from penstock_core.observed.objects import Object

EventType = Literal["Normal", "Warning"]

_PAGE: Final = 250
"""Objects in one answer: each takes some 20 KB while it is read."""
_PAGE_BYTES: Final = 16 * 1024 * 1024
"""Of one answer: where objects are larger than is usual, fewer are asked for at a time."""
_LIST_SECONDS: Final = 60.0
_NOTE_BYTES: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a bearer token belongs to, as the API server says."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All objects of a collection, and the version from which a watch continues."""

    items: list[Object]
    resource_version: str


class Page(list[Object]):
    """Some objects of a collection; the version of the whole."""

    resource_version: str = ""


class Cluster:
    """A client for one API server; dicts in, dicts out."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._reporter = socket.gethostname()

    @classmethod
    async def connect(cls) -> "Cluster":
        """A client with the pod's service account, else with `KUBECONFIG`; sends nothing yet."""
        return cls(await Transport.connect())

    async def close(self) -> None:
        """Close all connections, running watches included."""
        await self._transport.close()

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """One object; raises `NotFound`."""
        request = Request(method="GET", path=kind.path(namespace, name), accept=_form(kind))
        answer: Object = await self._transport.send(request)
        return answer

    async def list(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """All objects of a namespace, or of all namespaces, that match the selectors."""
        return (await self.listing(kind, namespace, labels=labels, fields=fields)).items

    async def listing(self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "") -> Listing:
        """As `list`, with the resource version."""
        items: list[Object] = []
        version = ""
        async for page in self.pages(kind, namespace, labels=labels, fields=fields):
            items += page
            version = page.resource_version
        return Listing(items=items, resource_version=version)

    async def pages(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> AsyncGenerator[Page, None]:
        """As `list`, so many at a time: who keeps less of an object than the whole never holds all of them."""
        query, limit = _selectors(labels, fields), _PAGE
        while True:
            try:
                answer = await self._page(kind, namespace, query | {"limit": str(limit)})
            except AnswerTooLarge:
                limit = _smaller(limit)
                continue
            page = Page(_typed(answer, item) for item in answer.get("items") or [])
            page.resource_version = answer["metadata"].get("resourceVersion", "")
            following = answer["metadata"].get("continue")
            del answer
            yield page
            if not following:
                return
            query["continue"] = following

    def watch(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
        seconds: int = 60,
    ) -> AsyncGenerator[Object, None]:
        """Watch events (`type`, `object`), bookmarks included, until the server ends the watch after `seconds`.

        A watch that is silent for longer than that is broken and raises `ClusterUnavailable`.
        """
        query = _selectors(labels, fields) | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(seconds),
        }
        request = Request(method="GET", path=kind.path(namespace), query=query, accept=_form(kind))
        return self._transport.lines(request, idle_seconds=seconds + 15)

    async def create(self, kind: Kind, namespace: str | None, body: Mapping[str, Any]) -> Object:
        """Create an object; raises `Conflict` where one of that name exists."""
        return await self._send("POST", kind.path(namespace), body=body)

    async def replace(self, kind: Kind, namespace: str | None, body: Mapping[str, Any]) -> Object:
        """Replace an object; with `metadata.resourceVersion`, raises `Conflict` where it has changed since."""
        return await self._send("PUT", kind.path(namespace, body["metadata"]["name"]), body=body)

    async def apply(self, kind: Kind, namespace: str | None, body: Mapping[str, Any], *, force: bool = True) -> Object:
        """Server-side apply as Penstock's field manager; an unchanged object costs no write."""
        path = kind.path(namespace, body["metadata"]["name"])
        query = {"fieldManager": names.MANAGER, "force": "true" if force else "false"}
        return await self._send("PATCH", path, query=query, body=body, content_type="application/apply-patch+yaml")

    async def patch(self, kind: Kind, namespace: str | None, name: str, body: Mapping[str, Any]) -> Object:
        """Merge patch (RFC 7396): null removes a member, a list replaces the list."""
        return await self._merge(kind.path(namespace, name), body)

    async def patch_status(self, kind: Kind, namespace: str | None, name: str, status: Mapping[str, Any]) -> Object:
        """Merge patch of the status alone."""
        return await self._merge(kind.path(namespace, name, "status"), {"status": status})

    async def scale(self, kind: Kind, namespace: str, name: str, *, replicas: int) -> Object:
        """Merge patch of the number of replicas alone; raises `NotFound`."""
        return await self._merge(kind.path(namespace, name, "scale"), {"spec": {"replicas": replicas}})

    async def delete(
        self, kind: Kind, namespace: str | None, name: str, *, uid: str | None = None, propagation: str = "Background"
    ) -> None:
        """Delete an object and, by `propagation` (Background, Foreground, Orphan), what it owns; absent is success.

        With `uid` only that very object: another that has its name by now stays, which is success, too.
        """
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        try:
            await self._send("DELETE", kind.path(namespace, name), body=body)
        except NotFound:
            return
        except Conflict:
            if uid is None:
                raise

    async def review_token(self, token: str, audiences: Sequence[str] = ()) -> Caller | None:
        """Whose token this is; None where the API server does not accept it for one of `audiences`, or, without, for itself."""
        spec: Object = {"token": token}
        if audiences:
            spec["audiences"] = list(audiences)
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        status = (await self._send("POST", TOKEN_REVIEWS.path(), body=body))["status"]
        if not status.get("authenticated"):
            return None
        # A server that knows no audiences leaves them out of its answer, and has only judged the token by its own.
        if audiences and not set(audiences) & set(status.get("audiences") or ()):
            return None
        user = status["user"]
        return Caller(
            user=user["username"],
            uid=user.get("uid", ""),
            groups=tuple(user.get("groups") or ()),
            extra=user.get("extra") or {},
        )

    async def review_access(
        self,
        caller: Caller,
        *,
        namespace: str,
        verb: str,
        resource: str,
        subresource: str = "",
        group: str = names.GROUP,
    ) -> bool:
        """Whether RBAC allows `caller` the verb; namespace "" asks for all namespaces at once."""
        attributes = {"namespace": namespace, "verb": verb, "group": group, "resource": resource}
        if subresource:
            attributes["subresource"] = subresource
        spec = {
            "user": caller.user,
            "uid": caller.uid,
            "groups": list(caller.groups),
            "extra": {key: list(values) for key, values in caller.extra.items()},
            "resourceAttributes": attributes,
        }
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        return bool((await self._send("POST", SUBJECT_ACCESS_REVIEWS.path(), body=body))["status"].get("allowed"))

    async def event(
        self,
        regarding: Mapping[str, Any],
        *,
        type: EventType,  # noqa: A002 - the field's name in Kubernetes
        reason: str,
        message: str,
        action: str = "Reconcile",
    ) -> None:
        """Write an Event about an object; `reason` and `action` are UpperCamelCase, a long message is cut."""
        await self._send(
            "POST",
            EVENTS.path(_event_namespace(regarding)),
            body={
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {
                    "name": f"{regarding['metadata']['name'][:200]}.{uuid7.new().hex}",
                    "namespace": _event_namespace(regarding),
                },
                "eventTime": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "reportingController": f"{names.GROUP}/{names.MANAGER}",
                "reportingInstance": self._reporter,
                "type": type,
                "reason": reason,
                "action": action,
                "note": _cut(message),
                "regarding": _reference(regarding),
            },
        )

    async def _page(self, kind: Kind, namespace: str | None, query: Mapping[str, str]) -> Object:
        request = Request(
            method="GET",
            path=kind.path(namespace),
            query=query,
            accept=_form(kind, listed=True),
            timeout=_LIST_SECONDS,
            most_bytes=_PAGE_BYTES,
        )
        answer: Object = await self._transport.send(request)
        return answer

    async def _merge(self, path: str, body: Mapping[str, Any]) -> Object:
        query = {"fieldManager": names.MANAGER}
        return await self._send("PATCH", path, query=query, body=body, content_type="application/merge-patch+json")

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Object:
        request = Request(method=method, path=path, query=query, body=body, content_type=content_type)
        answer: Object = await self._transport.send(request)
        return answer


def _form(kind: Kind, *, listed: bool = False) -> str:
    """In which form objects of a kind are asked for; a server that knows no metadata alone may send the whole."""
    if not kind.only_metadata:
        return "application/json"
    return f"application/json;as=PartialObjectMetadata{'List' if listed else ''};g=meta.k8s.io;v=v1,application/json"


def _smaller(limit: int) -> int:
    """How many objects to ask for where so many were too much; raises AnswerTooLarge where it was one."""
    if limit == 1:
        raise AnswerTooLarge("one object is longer than a whole answer may be")
    return max(limit // 4, 1)


def _selectors(labels: str, fields: str) -> dict[str, str]:
    selectors = {"labelSelector": labels, "fieldSelector": fields}
    return {name: value for name, value in selectors.items() if value}


def _typed(page: Object, item: Object) -> Object:
    """Items of a list of built-in kinds carry neither `apiVersion` nor `kind`, those of a watch do: be the same."""
    return {"apiVersion": page["apiVersion"], "kind": page["kind"].removesuffix("List")} | item


def _event_namespace(regarding: Mapping[str, Any]) -> str:
    """Events about cluster-wide objects lie in `default`, by Kubernetes' own rule."""
    return str(regarding["metadata"].get("namespace") or "default")


def _cut(message: str) -> str:
    """At most the 1,024 bytes that an Event's note may have."""
    data = message.encode()
    return message if len(data) <= _NOTE_BYTES else data[: _NOTE_BYTES - 3].decode(errors="ignore") + "…"


def _reference(regarding: Mapping[str, Any]) -> Object:
    metadata = regarding["metadata"]
    reference = {
        "apiVersion": regarding.get("apiVersion"),
        "kind": regarding.get("kind"),
        "name": metadata["name"],
        "namespace": metadata.get("namespace"),
        "uid": metadata.get("uid"),
        "resourceVersion": metadata.get("resourceVersion"),
    }
    return {key: value for key, value in reference.items() if value}
