"""The Flows that this gateway serves, each turned once into what a request needs.

Fed by reflectors, read by every request: look-ups are plain dict accesses, and all that can be computed beforehand is.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from penstock_core import body
from penstock_core.cluster import Key, Object
from penstock_core.errors import InvalidInput
from penstock_core.executions.flow_identity import flow_identity
from penstock_core.expressions import restricted
from penstock_core.expressions.restricted import Restricted
from penstock_core.observed.flow import Flow
from penstock_core.store.executions.model import FlowIdentity, WhenFull

_log = logging.getLogger(__name__)

MOST_WINDOW_SECONDS: Final = 365 * 86_400
"""As the compiler has it; an integer of the database holds it."""

Security = Literal["required", "optional", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduplication:
    """The compiled `deduplicateBy`."""

    value: Restricted
    window_seconds: int
    again: bool = False
    """Whether a value whose execution failed starts another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFlow:
    """A Flow as requests see it; `source` is the object as it was seen."""

    identity: FlowIdentity
    source: Flow
    webhook: bool
    """Whether it is reached by a webhook at all."""
    methods: frozenset[str]
    security: Security
    parse: str
    """How its bodies are read: one of `body.WAYS`."""
    paused: bool
    queue_when_paused: bool
    limit: int | None
    when_full: WhenFull
    deduplication: Deduplication | None

    @property
    def rejects(self) -> bool:
        """True where nothing new is accepted because of a pause."""
        return self.paused and not self.queue_when_paused


def serve(manifest: Mapping[str, Any]) -> ServedFlow:
    """Prepare a Flow object; raises InvalidInput or what a wrong shape raises (KeyError, TypeError, …)."""
    spec, source = manifest["spec"], Flow.parse(dict(manifest))
    if not all((source.instance, source.instance_uid, source.flow, source.integration, source.customer.id)):
        raise InvalidInput("its spec is not complete")
    webhook = spec.get("webhook") or {}
    concurrency = spec.get("concurrency") or {}
    return ServedFlow(
        identity=flow_identity(source),
        source=source,
        webhook=spec["trigger"] == "webhook",
        methods=frozenset(webhook.get("methods") or ("POST",)),
        security=webhook.get("security", "required"),
        parse=_way(webhook.get("parse", "auto")),
        paused=bool(spec.get("paused", False)),
        queue_when_paused=spec.get("whenPaused", "reject") == "queue",
        limit=concurrency.get("limit"),
        when_full=concurrency.get("whenFull", "queue"),
        deduplication=_deduplication(spec.get("deduplicateBy")),
    )


def _way(parse: str) -> str:
    if parse not in body.WAYS:
        raise InvalidInput("its webhook reads bodies in a way that this release does not know")
    return parse


def _deduplication(spec: Mapping[str, Any] | None) -> Deduplication | None:
    if not spec:
        return None
    return Deduplication(
        value=restricted.compile_restricted(spec["value"]),
        window_seconds=min(int(spec.get("windowSeconds", 86_400)), MOST_WINDOW_SECONDS),
        # without it the release before wrote the Flow, whose every repeat it answered with the first execution
        again=spec.get("afterFailure", "repeat") == "again",
    )


class FlowTable:
    """Served flows by namespace, instance and flow name, each exactly as written, and by the Flow object's uid."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str, str], ServedFlow] = {}
        self._by_uid: dict[str, ServedFlow] = {}
        self._by_object: dict[Key, ServedFlow] = {}
        self._by_instance: dict[tuple[str, str], dict[Key, ServedFlow]] = {}
        self._in_namespace: Counter[str] = Counter()

    def change(self, key: Key, manifest: Object | None) -> None:
        """Take a change of a Flow object from a reflector; a Flow that is being deleted is gone already."""
        self._forget(key)
        if manifest is None or manifest["metadata"].get("deletionTimestamp"):
            return
        try:
            flow = serve(manifest)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
            extra = {"namespace": key[0], "object": key[1], "cause": f"{type(error).__name__}: {error}"}
            _log.error("flow cannot be served", extra=extra)
            return
        identity = flow.identity
        self._by_object[key] = flow
        self._by_name[identity.namespace, identity.instance, identity.flow] = flow
        self._by_uid[identity.flow_uid] = flow
        self._by_instance.setdefault((identity.namespace, identity.instance), {})[key] = flow
        self._in_namespace[identity.namespace] += 1

    def named(self, namespace: str, instance: str, flow: str) -> ServedFlow | None:
        """The flow of that exact name."""
        return self._by_name.get((namespace, instance, flow))

    def of_uid(self, uid: str) -> ServedFlow | None:
        """The flow whose object has this uid."""
        return self._by_uid.get(uid)

    def instance_uid(self, namespace: str, instance: str) -> str | None:
        """Of an instance that has flows here, whatever they are."""
        flows = self._by_instance.get((namespace, instance))
        return next(iter(flows.values())).identity.instance_uid if flows else None

    def has_namespace(self, namespace: str) -> bool:
        """Whether a namespace has flows now."""
        return namespace in self._in_namespace

    def namespaces(self) -> frozenset[str]:
        """Namespaces that have flows now."""
        return frozenset(self._in_namespace)

    def __len__(self) -> int:
        return len(self._by_object)

    def _forget(self, key: Key) -> None:
        before = self._by_object.pop(key, None)
        if before is None:
            return
        identity = before.identity
        name = (identity.namespace, identity.instance, identity.flow)
        if self._by_name.get(name) is before:
            del self._by_name[name]
        if self._by_uid.get(identity.flow_uid) is before:
            del self._by_uid[identity.flow_uid]
        others = self._by_instance[identity.namespace, identity.instance]
        del others[key]
        if not others:
            del self._by_instance[identity.namespace, identity.instance]
        self._in_namespace[identity.namespace] -= 1
        if not self._in_namespace[identity.namespace]:
            del self._in_namespace[identity.namespace]
