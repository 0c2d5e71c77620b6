"""Fixtures of the runner's tests against a real database and a real HTTP server."""

import json
import socket
from collections.abc import Callable, Iterator

import pytest

from engine_stand import Stand
from runner_bench import HASH, Bench
from web_server import Web


@pytest.fixture
def stand() -> Stand:
    """An engine that records in memory."""
    return Stand()


@pytest.fixture
def web() -> Iterator[Web]:
    """A server whose answers a test decides."""
    opened = Web()
    yield opened
    opened.close()


@pytest.fixture
def bench(dsn: str) -> Iterator[Bench]:
    opened = Bench(dsn)
    yield opened
    opened.end()


@pytest.fixture
def tick() -> Callable[..., str]:
    """The value of PENSTOCK_TICK, with changes."""
    given = {
        "instance": "acme-orders", "instanceUid": "uid-acme-orders", "flow": "importOrder", "flowUid": "uid-importorder",
        "integration": "orders-to-erp", "version": "1.4.0", "customer": {"id": "acme"}, "definitionHash": HASH,
        "overlap": "skip", "limit": None, "timeZone": "Etc/UTC", "cron": "* * * * *",
    }  # fmt: skip
    return lambda **changes: json.dumps({**given, **changes})


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
