"""The inventory's kinds, watched through Kopf: every event goes into the inventory, which says what to look at again.

There are only low-level event handlers, by intent: reconciliation is level-triggered (see `work_queue`), so Kopf
has nothing to remember about an object. It writes no annotation, no finalizer and no event, whatever an object's size.

Kopf lives in a thread and an event loop of its own: in the main thread it takes SIGTERM for itself, waits 5 s before it
ends, and then cancels every task of the loop, whoever made it.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import kopf
import uvloop
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory  # what its parameter `memories` takes

from penstock_core.cluster import Cluster
from penstock_core.cluster.kinds import WatchedKind
from penstock_core.errors import ClusterError
from penstock_core.observed.objects import Object
from penstock_operator.errors import OperatorError
from penstock_operator.watch.inventory import KINDS, Inventory

log = logging.getLogger(__name__)
Namespaces = tuple[str | None, ...]
"""As in `Settings.watched`."""
RECHECK_SECONDS: Final = 60.0
RESTART_SECONDS: Final = 3.0
FORBIDDEN: Final = 403
LIST_CHUNK: Final = 100
"""Objects that Kopf lists at a time, each with all that the API server says of it."""
RESYNC_SECONDS: Final = 600.0
"""Kopf does not tell what was deleted while a watch was broken; a full list does."""


class NothingStored(kopf.DiffBaseStorage):
    """Kopf's memory of what it handled last: none, so no copy of a spec is made, compared or written anywhere."""

    def build(self, *, body: kopf.Body, extra_fields: Iterable[Any] | None = None) -> kopf.BodyEssence:
        """Nothing of an object is kept, whatever `body` holds."""
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        """Nothing was stored."""
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Stores nothing."""


class NothingRemembered(ResourceMemories):
    """Kopf's records of objects, a kilobyte or two each: none is kept, as no handler of ours has anything to remember."""

    async def recall(self, raw_body: kopf.RawBody, **options: Any) -> ResourceMemory:
        """A fresh record for each event."""
        return await super().recall(raw_body, **{**options, "ephemeral": True})


Sink = Callable[[WatchedKind[Any], str, Object], None]
"""Takes kind, event type ("DELETED", others mean that it is there) and object, in Kopf's thread."""


def registry(sink: Sink, kinds: Iterable[WatchedKind[Any]] = KINDS) -> kopf.OperatorRegistry:
    """The handlers, explicitly: one a kind, all of which hand what they see to `sink`."""
    handlers = kopf.OperatorRegistry()
    kopf.on.login(registry=handlers)(_login)
    for kind in kinds:
        _register(handlers, kind, sink)
    return handlers


def _register(handlers: kopf.OperatorRegistry, kind: WatchedKind[Any], sink: Sink) -> None:
    async def changed(event: kopf.RawEvent, **_: Any) -> None:
        sink(kind, event["type"] or "", dict(event["object"]))

    kopf.on.event(kind.group, kind.version, kind.plural, id=f"{kind.plural}-changed", registry=handlers)(changed)


def into(inventory: Inventory, *, call: Callable[[Callable[[], None]], object] = lambda work: work()) -> Sink:
    """The sink that fills an inventory; `call` runs what changes it, in its thread."""

    def take(kind: WatchedKind[Any], event_type: str, raw: Object) -> None:
        # parsed here, in Kopf's thread: what crosses to the main one is small
        if event_type == "DELETED":
            item = kind.parse(raw)
            call(partial(inventory.remove, kind, item.key, uid=item.uid))
        elif not inventory.holds(kind, raw):  # most events are of writes of our own, whose answers were faster
            call(partial(inventory.keep, kind, kind.parse(raw)))

    return take


async def _login(**kwargs: Any) -> kopf.ConnectionInfo | None:
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)


def settings() -> kopf.OperatorSettings:
    """Every setting of Kopf that we depend on, spelled out."""
    chosen = kopf.OperatorSettings()
    chosen.process.ultimate_exiting_timeout = None
    chosen.posting.enabled = False
    chosen.scanning.disabled = True
    chosen.persistence.diffbase_storage = NothingStored()
    # a worker is a task for one object: thousands of them live for as long as this after a list
    chosen.queueing.idle_timeout = 0.1
    chosen.watching.chunk_size = LIST_CHUNK
    chosen.watching.server_timeout = 240
    chosen.watching.client_timeout = 300
    chosen.watching.reconnect_backoff = 1.0
    chosen.networking.request_timeout = 30
    chosen.networking.connect_timeout = 5
    return chosen


async def watch(cluster: Cluster, inventory: Inventory, namespaces: Namespaces) -> None:
    """Watches the inventory's kinds, just listed, until cancelled; `namespaces` as in `Settings.watched`.

    Namespaces that may not be read in full (deleted, or their Role is) are left out until they may: Kopf ends with the
    first of them. Whenever Kopf has ended it is started again, after a list that makes up for what it missed.
    """
    listed = True
    while True:
        try:
            if listed:
                readable = tuple(namespace for namespace in namespaces if not inventory.is_partial(namespace))
            else:
                readable = await list_readable(cluster, inventory, namespaces)
            listed = False
            async with asyncio.timeout(None if readable == namespaces else RECHECK_SECONDS):
                await (watch_with_kopf(inventory, readable) if readable else asyncio.Event().wait())
        except TimeoutError:
            log.info("looking again for namespaces that could not be read")
        except Exception:  # whatever ends Kopf, it is started again
            log.exception("watch ended, starting it again")
            await asyncio.sleep(RESTART_SECONDS)


async def list_readable(cluster: Cluster, inventory: Inventory, namespaces: Namespaces) -> Namespaces:
    """Lists what may be listed into the inventory; the namespaces of which that is every kind.

    A deleted namespace loses its Role before its Instances, which the operator may read everywhere: these are still let go.
    """
    refused = [namespace for namespace in namespaces if not await _list_all(cluster, inventory, namespace)]
    inventory.set_partial(refused)
    return tuple(namespace for namespace in namespaces if namespace not in refused)


async def _list_all(cluster: Cluster, inventory: Inventory, namespace: str | None) -> bool:
    """Lists every kind in a namespace; False where one of them may not be."""
    refused = []
    for kind in inventory.kinds:
        try:
            await list_once(cluster, inventory, kind, namespace=namespace)
        except ClusterError as error:
            if error.status != FORBIDDEN:
                raise
            refused.append(kind.plural)
    if refused:
        log.warning("namespace may not be read", extra={"namespace": namespace or "", "resources": refused})
    return not refused


async def watch_with_kopf(inventory: Inventory, namespaces: Namespaces) -> None:
    """Runs Kopf until cancelled; raises what ended it."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    stop = threading.Event()
    take = into(inventory, call=loop.call_soon_threadsafe)

    def sink(kind: WatchedKind[Any], event_type: str, raw: Object) -> None:
        if not stop.is_set():
            take(kind, event_type, raw)

    def run() -> None:
        failure: BaseException = OperatorError("Kopf ended by itself")
        try:
            uvloop.run(_kopf(registry(sink, inventory.kinds), namespaces, stop=stop))
        except Exception as error:  # noqa: BLE001 - it belongs to the main thread
            failure = error
        if not stop.is_set():
            loop.call_soon_threadsafe(_fail, ended, failure)

    threading.Thread(target=run, name="kopf", daemon=True).start()
    try:
        await ended
    finally:
        stop.set()


async def _kopf(handlers: kopf.OperatorRegistry, namespaces: Namespaces, *, stop: threading.Event) -> None:
    scope: dict[str, Any] = {"clusterwide": True}
    if namespaces != (None,):
        scope = {"namespaces": list(namespaces)}
    # without an identity Kopf asks for the user's name, which a numeric user in an image does not have (KeyError)
    identity: Any = socket.gethostname()
    await kopf.operator(
        registry=handlers,
        settings=settings(),
        memories=NothingRemembered(),
        standalone=True,
        identity=identity,
        stop_flag=stop,
        **scope,
    )


def _fail(ended: "asyncio.Future[None]", failure: BaseException) -> None:
    if not ended.done():
        ended.set_exception(failure)


async def resync(cluster: Cluster, inventory: Inventory, namespaces: Namespaces) -> None:
    """Lists everything now and then, until cancelled."""
    while True:
        await asyncio.sleep(RESYNC_SECONDS)
        for kind in inventory.kinds:
            await _list_if_possible(cluster, inventory, kind, namespaces=namespaces)


async def _list_if_possible(
    cluster: Cluster, inventory: Inventory, kind: WatchedKind[Any], *, namespaces: Namespaces
) -> None:
    for namespace in namespaces:
        try:
            await list_once(cluster, inventory, kind, namespace=namespace)
        except ClusterError as error:
            extra = {"resource": kind.plural, "namespace": namespace or "", "cause": str(error)}
            log.warning("list failed", extra=extra)


async def list_once(cluster: Cluster, inventory: Inventory, kind: WatchedKind[Any], *, namespace: str | None) -> None:
    """Puts a complete list of a kind in a namespace (None: in all) into the inventory."""
    with inventory.listing(kind, namespace) as listing:
        found = [kind.parse(raw) async for page in cluster.pages(kind, namespace) for raw in page]
        inventory.replace(listing, found)
