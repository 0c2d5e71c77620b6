"""Kubernetes' API server in memory, behind the interface of `penstock_core.cluster.transport.Transport`.

It keeps what the operator and the gateway rely on: resource versions and generations, conflicts, status as a part of its
own, server-side apply, finalizers, selectors, and watches that go on from a version.
`tests/support/cluster_contract.py` says so, once for this and for a real API server.
It knows no schemas, no defaults, no quotas, no garbage collection, and no rights but those that a review asks for.
"""

import asyncio
import copy
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import unquote

from penstock_core.cluster import Caller, Object
from penstock_core.cluster.transport import Request, Transport
from penstock_core.errors import ClusterError, Conflict, NotFound

Place = tuple[str, str | None, str]
"""Plural name of the kind, namespace (None for cluster-wide kinds) and name."""
Verb = Literal["get", "list", "watch", "create", "replace", "apply", "patch", "patch_status", "delete"]
Admit = Callable[[Verb, Place], Awaitable[None]]
"""Asked before each request is carried out, with the place it is about ("" is the name of a collection); may wait or raise."""

CREATED: Final = "2026-01-01T00:00:00Z"
DELETED: Final = "2026-03-01T12:00:00Z"
WITH_STATUS: Final = frozenset(
    {
        "integrations", "integrationversions", "instances", "flows", "jobs", "cronjobs", "pods", "services", "nodes",
        "namespaces", "customresourcedefinitions",
    }
)  # fmt: skip
"""Kinds whose status is written through a path of its own, and through no other."""
API_AUDIENCE: Final = "https://kubernetes.default.svc.cluster.local"
"""What a token is for that names no audience."""
REVIEWS: Final = frozenset({"tokenreviews", "subjectaccessreviews"})
_PARTIAL: Final[Object] = {"apiVersion": "meta.k8s.io/v1"}
_APPLY: Final = "application/apply-patch+yaml"
_VERBS: Final[dict[str, Verb]] = {
    "GET": "get",
    "POST": "create",
    "PUT": "replace",
    "PATCH": "patch",
    "DELETE": "delete",
}
_OWN: Final = ("uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp")
"""Members of the metadata that are the server's to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a request's path names; without a name a whole collection."""

    plural: str
    namespace: str | None
    name: str | None
    subresource: str

    @classmethod
    def of(cls, path: str) -> "Address":
        """The address in a path as `Kind.path` makes it."""
        words = [unquote(word) for word in path.strip("/").split("/")]
        words = words[2:] if words[0] == "api" else words[3:]
        namespace = None
        if words[0] == "namespaces" and len(words) > 2:
            namespace, words = words[1], words[2:]
        name, subresource = [*words[1:], None, None][:2]
        return cls(plural=words[0], namespace=namespace, name=name, subresource=subresource or "")

    @property
    def place(self) -> Place:
        """Where the object lies that is named."""
        return self.plural, self.namespace, self.name or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened: the object before and after, None where it was not there."""

    version: int
    plural: str
    before: Object | None
    after: Object | None


class FakeApi(Transport):
    """The server; `objects` is all that there is, by place, and `tokens` and `rights` what reviews answer by."""

    def __init__(self, *, admit: Admit, told: Callable[[Change], None]) -> None:
        self._admit = admit
        self._told = told
        self.objects: dict[Place, Object] = {}
        self.tokens: dict[str, Caller] = {}
        self.audiences: dict[str, frozenset[str]] = {}
        """Of tokens that are not for Penstock's API alone, by token."""
        self.rights: set[tuple[str, str, str, str]] = set()
        """(user, namespace, verb, `resource` or `resource/subresource`)"""
        self._applied: dict[Place, Object] = {}
        self._changes: list[Change] = []
        self._watching: list[asyncio.Queue[Change]] = []
        self._version = 0
        self._uids = itertools.count(1)

    async def close(self) -> None:
        """There is nothing to close."""

    async def send(self, request: Request) -> Any:
        """The answer to a request; raises as `Transport` does."""
        address, body = Address.of(request.path), copy.deepcopy(request.body)
        verb = _verb(request, address)
        await self._admit(verb, address.place if verb != "create" else (*address.place[:2], _name(body)))
        return _formed(copy.deepcopy(self._answer(verb, address, request, body)), request)

    def _answer(self, verb: Verb, address: Address, request: Request, body: Any) -> Object:
        query = request.query or {}
        match verb:
            case "get":
                return self._found(address)
            case "list":
                return self._list(address, query)
            case "create" if address.plural in REVIEWS:
                return self._review(address, body)
            case "create":
                return self._create(address, body)
            case "replace":
                return self._replace(address, body)
            case "apply":
                return self._apply(address, body, force=query.get("force") == "true")
            case "delete":
                return self._delete(address, (body or {}).get("preconditions", {}))
            case _:
                return self._patch(address, body)

    async def lines(self, request: Request, *, idle_seconds: float) -> AsyncGenerator[Any, None]:
        """The events of a collection since the version that the request names, until its time is over."""
        address, query = Address.of(request.path), request.query or {}
        await self._admit("watch", address.place)
        changes: asyncio.Queue[Change] = asyncio.Queue()
        for change in self._changes:
            if change.version > int(query["resourceVersion"]):
                changes.put_nowait(change)
        self._watching.append(changes)
        try:
            async with asyncio.timeout(float(query["timeoutSeconds"])):
                while True:
                    event = _event(await changes.get(), address, query)
                    if event is not None:
                        yield event | {"object": _formed(event["object"], request)}
        except TimeoutError:
            return
        finally:
            self._watching.remove(changes)

    def put(self, plural: str, item: Mapping[str, Any], *, told: bool = True) -> Object:
        """An object as somebody else made or changed it, status included; `told` False: no watch hears of it."""
        body = copy.deepcopy(dict(item))
        metadata = body["metadata"] = dict(body["metadata"])
        place = (plural, metadata.get("namespace"), metadata["name"])
        metadata.setdefault("uid", f"uid-{next(self._uids)}")
        metadata.setdefault("creationTimestamp", CREATED)
        if "spec" in body:
            metadata.setdefault("generation", 1)
        return self._keep(place, body, told=told)

    def remove(self, place: Place) -> Object:
        """An object that is gone, whatever its finalizers say."""
        item = self.objects.pop(place)
        self._applied.pop(place, None)
        self._tell(Change(version=self._next_version(), plural=place[0], before=item, after=None))
        return item

    def _found(self, address: Address) -> Object:
        try:
            return self.objects[address.place]
        except KeyError:
            raise NotFound(f'{address.plural} "{address.name}" not found', status=404) from None

    def _list(self, address: Address, query: Mapping[str, str]) -> Object:
        found = [item for item in self._in(address) if _selects(query, item)]
        return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": str(self._version)}, "items": found}

    def _in(self, address: Address) -> Iterator[Object]:
        for (plural, namespace, _), item in self.objects.items():
            if plural == address.plural and address.namespace in (None, namespace):
                yield item

    def _create(self, address: Address, body: Object) -> Object:
        place = (address.plural, address.namespace, body["metadata"]["name"])
        if place in self.objects:
            raise Conflict(f'{address.plural} "{place[2]}" already exists', status=409)
        metadata = {name: value for name, value in body["metadata"].items() if name not in _OWN}
        if address.namespace is not None:
            metadata["namespace"] = address.namespace
        if address.plural in WITH_STATUS:
            body.pop("status", None)
        return self.put(address.plural, body | {"metadata": metadata})

    def _replace(self, address: Address, body: Object) -> Object:
        before = self._found(address)
        _check_version(before, body)
        return self._change(address, before, body)

    def _patch(self, address: Address, body: Object) -> Object:
        before = self._found(address)
        _check_version(before, body)
        return self._change(address, before, merged(before, body))

    def _apply(self, address: Address, body: Object, *, force: bool) -> Object:
        before = self.objects.get(address.place)
        previous = self._applied.get(address.place, {})
        if before is None:
            after = self._create(address, body)
        else:
            if not force and _contested(before, previous, body):
                raise Conflict(f"{address.plural} {address.name}: another manager has set what is applied", status=409)
            after = self._change(address, before, _overlaid(_without(before, previous, body), body))
        self._applied[address.place] = body
        return after

    def _change(self, address: Address, before: Object, after: Object) -> Object:
        """Keeps what a write made of an object: only its status, or all but that, and nothing that is the server's."""
        if address.subresource == "status":
            after = before | {"status": after.get("status", {})}
        elif address.plural in WITH_STATUS:
            after = {name: value for name, value in after.items() if name != "status"}
            after |= {"status": before["status"]} if "status" in before else {}
        own = {name: before["metadata"][name] for name in _OWN if name in before["metadata"]}
        metadata = {name: value for name, value in after["metadata"].items() if name not in _OWN} | own
        after = after | {"metadata": metadata}
        if after == before:
            return before
        if "generation" in metadata and _substance(before) != _substance(after):
            metadata["generation"] += 1
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            self.remove(address.place)
            return after
        return self._keep(address.place, after)

    def _delete(self, address: Address, preconditions: Mapping[str, str]) -> Object:
        item = self._found(address)
        if preconditions.get("uid", item["metadata"]["uid"]) != item["metadata"]["uid"]:
            raise Conflict(f"{address.plural} {address.name}: the uid in the precondition is another's", status=409)
        if not item["metadata"].get("finalizers"):
            return self.remove(address.place)
        if "deletionTimestamp" in item["metadata"]:
            return item
        return self._keep(address.place, item | {"metadata": item["metadata"] | {"deletionTimestamp": DELETED}})

    def _keep(self, place: Place, item: Object, *, told: bool = True) -> Object:
        kept = item | {"metadata": item["metadata"] | {"resourceVersion": str(self._next_version())}}
        before = self.objects.get(place)
        self.objects[place] = kept
        if told:
            self._tell(Change(version=self._version, plural=place[0], before=before, after=kept))
        return kept

    def _next_version(self) -> int:
        self._version += 1
        return self._version

    def _tell(self, change: Change) -> None:
        self._changes.append(change)
        self._told(change)
        for watch in self._watching:
            watch.put_nowait(change)

    def _review(self, address: Address, body: Object) -> Object:
        spec = body["spec"]
        if address.plural == "subjectaccessreviews":
            return {"status": {"allowed": self._may(spec["user"], **spec["resourceAttributes"])}}
        caller = self.tokens.get(spec["token"])
        asked = frozenset(spec.get("audiences") or [API_AUDIENCE])
        found = asked & self.audiences.get(spec["token"], frozenset({"penstock"}))
        if caller is None or not found:
            return {"status": {"authenticated": False}}
        user = {"username": caller.user, "uid": caller.uid, "groups": list(caller.groups), "extra": dict(caller.extra)}
        return {"status": {"authenticated": True, "audiences": sorted(found), "user": user}}

    def _may(self, user: str, *, namespace: str, verb: str, resource: str, subresource: str = "", **_: str) -> bool:
        path = f"{resource}/{subresource}" if subresource else resource
        return bool({(user, namespace, verb, path), (user, "", verb, path)} & self.rights)


def _verb(request: Request, address: Address) -> Verb:
    verb = _VERBS[request.method]
    if verb == "get" and address.name is None:
        return "list"
    if verb == "patch" and request.content_type == _APPLY:
        return "apply"
    return "patch_status" if verb == "patch" and address.subresource == "status" else verb


def _formed(answer: Object, request: Request) -> Object:
    """The answer as it was asked for: with nothing but the metadata, of an object or of a list's."""
    if "as=PartialObjectMetadata" not in request.accept:
        return answer
    if "items" in answer:
        items = [{"metadata": item["metadata"]} for item in answer["items"]]
        return _PARTIAL | {"kind": "PartialObjectMetadataList", "metadata": answer["metadata"], "items": items}
    return _PARTIAL | {"kind": "PartialObjectMetadata", "metadata": answer["metadata"]}


def _name(body: Object) -> str:
    """Of what is to be created; reviews have none."""
    return str(body.get("metadata", {}).get("name", ""))


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> Object:
    """RFC 7396: null removes a member, mappings are merged, everything else is replaced."""
    result = copy.deepcopy(dict(target))
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            below = result.get(name)
            result[name] = merged(below if isinstance(below, dict) else {}, value)
        else:
            result[name] = copy.deepcopy(value)
    return result


def _overlaid(target: Mapping[str, Any], applied: Mapping[str, Any]) -> Object:
    result = dict(target)
    for name, value in applied.items():
        below = result.get(name)
        result[name] = _overlaid(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return result


def _without(target: Mapping[str, Any], previous: Mapping[str, Any], applied: Mapping[str, Any]) -> Object:
    """What is left of an object when its applier no longer wants what it applied before."""
    result = dict(target)
    for name, value in previous.items():
        if isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = _without(result[name], value, applied.get(name) or {})
            if not result[name] and name not in applied:
                del result[name]
        elif name not in applied:
            result.pop(name, None)
    return result


def _contested(target: Mapping[str, Any], previous: Mapping[str, Any], applied: Mapping[str, Any]) -> bool:
    """Whether the target holds other values than are applied that were not applied before."""
    for name, value in applied.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            if _contested(target[name], previous.get(name) or {}, value):
                return True
        elif name in target and target[name] != value and target[name] != previous.get(name):
            return True
    return False


def _check_version(before: Object, body: Object) -> None:
    version = body.get("metadata", {}).get("resourceVersion")
    if version not in (None, before["metadata"]["resourceVersion"]):
        raise Conflict("the object has been modified; please apply your changes to the latest version", status=409)


def _substance(item: Object) -> Object:
    """What counts for the generation."""
    return {name: value for name, value in item.items() if name not in ("metadata", "status")}


def _event(change: Change, address: Address, query: Mapping[str, str]) -> Object | None:
    """What a watch says of a change: an object that is selected no longer is as one that is gone."""
    item = change.after or change.before
    if item is None or change.plural != address.plural:
        return None
    if address.namespace not in (None, item["metadata"].get("namespace")):
        return None
    was, is_now = (one is not None and _selects(query, one) for one in (change.before, change.after))
    if is_now:
        return {"type": "MODIFIED" if was else "ADDED", "object": copy.deepcopy(change.after)}
    return {"type": "DELETED", "object": copy.deepcopy(item)} if was else None


def _selects(query: Mapping[str, str], item: Object) -> bool:
    labels = item["metadata"].get("labels") or {}
    fields = _terms(query.get("fieldSelector", ""))
    return all(labels.get(name) == value for name, value in _terms(query.get("labelSelector", ""))) and all(
        _field(item, path) == value for path, value in fields
    )


def _terms(selector: str) -> Iterator[tuple[str, str]]:
    """Equality is the only term that Penstock uses."""
    for term in filter(None, selector.split(",")):
        name, equals, value = term.partition("=")
        if not equals:
            raise ClusterError(f"unable to parse requirement: {term}", status=400)
        yield name, value


def _field(item: Object, path: str) -> Any:
    found: Any = item
    for word in path.split("."):
        found = found.get(word) if isinstance(found, dict) else None
    return found
