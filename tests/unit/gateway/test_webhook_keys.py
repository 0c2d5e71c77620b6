"""Keys of webhooks: where they are looked for, and which are right."""

import base64
from typing import Any

import pytest

from gateway_stand import INSTANCE_UID, NAMESPACE, key_secret
from penstock_gateway.keys import KeyTable, presented_key


def table(secret: dict[str, Any]) -> KeyTable:
    made = KeyTable()
    made.change((NAMESPACE, secret["metadata"]["name"]), secret)
    return made


def test_every_key_of_the_instance_is_accepted() -> None:
    """Several keys may be valid at one time, so that they can be changed without a gap."""
    made = table(key_secret("one", "two"))

    assert made.accepts(INSTANCE_UID, b"one")
    assert made.accepts(INSTANCE_UID, b"two")
    assert not made.accepts(INSTANCE_UID, b"three")
    assert not made.accepts("another", b"one")


def test_digest_is_no_key() -> None:
    """Who has read the mirrored Secret cannot call with what is in it."""
    [digest] = __import__("json").loads(base64.b64decode(key_secret("one")["data"]["keys"]))

    assert not table(key_secret("one")).accepts(INSTANCE_UID, digest.encode())


def test_removed_keys_are_refused() -> None:
    """When the Secret goes, its keys go."""
    secret = key_secret("one")
    made = table(secret)

    made.change((NAMESPACE, secret["metadata"]["name"]), None)

    assert not made.accepts(INSTANCE_UID, b"one")
    assert not made.known(INSTANCE_UID)


@pytest.mark.parametrize("data", [None, {}, {"keys": "%%"}, {"keys": base64.b64encode(b"{").decode()}, {"keys": base64.b64encode(b'["", 7]').decode()}])  # fmt: skip
def test_malformed_secret_accepts_nothing(data: Any) -> None:
    """A Secret that cannot be read lets nobody in."""
    made = table(key_secret() | {"data": data})

    assert not made.accepts(INSTANCE_UID, b"")
    assert made.known(INSTANCE_UID)


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({b"api-key": b"k"}, b"k"),
        ({b"authorization": b"Bearer k"}, b"k"),
        ({b"authorization": b"bearer  k "}, b"k"),
        ({b"api-key": b"a", b"authorization": b"Bearer b"}, b"a"),
        ({b"authorization": b"Basic k"}, None),
        ({b"authorization": b"Bearer "}, None),
        ({b"api-key": b""}, None),
        ({}, None),
    ],
)
def test_where_a_key_is_found(headers: dict[bytes, bytes], key: bytes | None) -> None:
    """`Api-Key` first, then the bearer token; nothing else."""
    assert presented_key(headers) == key
