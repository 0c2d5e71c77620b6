"""Keys of webhooks: where they are looked for, and which are right."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway_stand import INSTANCE_UID, NAMESPACE, mirrored
from penstock_gateway.webhooks import keys
from penstock_gateway.webhooks.keys import KeyTable, presented_key

SECRET = (NAMESPACE, "penstock-hooks-0")
OTHER = "another"
SIGNATURE = {"preset": "github", "key": "aHVzaA=="}


def table(field: str) -> KeyTable:
    made = KeyTable()
    made.change(SECRET, {"data": {INSTANCE_UID: field}})
    return made


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


def test_every_key_of_the_instance_is_accepted() -> None:
    """Several keys may be valid at one time, so that they can be changed without a gap."""
    made = table(mirrored("one", "two"))

    assert made.accepts(INSTANCE_UID, b"one")
    assert made.accepts(INSTANCE_UID, b"two")
    assert not made.accepts(INSTANCE_UID, b"three")
    assert not made.accepts(OTHER, b"one")


def test_digest_is_no_key() -> None:
    """Who has read the mirrored Secret cannot call with what is in it."""
    [digest] = json.loads(base64.b64decode(mirrored("one")))["keys"]

    assert not table(mirrored("one")).accepts(INSTANCE_UID, digest.encode())


@pytest.mark.parametrize("secret", [None, {}, {"data": None}, {"data": {OTHER: mirrored("two")}}])
def test_removed_keys_are_refused(secret: dict[str, Any] | None) -> None:
    """When the Secret goes, or the instance's field in it, its keys go."""
    made = table(mirrored("one"))

    made.change(SECRET, secret)

    assert not made.accepts(INSTANCE_UID, b"one")
    assert not made.known(INSTANCE_UID)


def test_instances_of_one_secret_do_not_mix() -> None:
    """Of those that share a Secret each has its own keys, whatever happens to the others'."""
    made = KeyTable()
    made.change(SECRET, {"data": {INSTANCE_UID: mirrored("one", signature=SIGNATURE), OTHER: mirrored("two")}})
    made.change(SECRET, {"data": {INSTANCE_UID: mirrored("three"), OTHER: mirrored("two")}})
    made.change((NAMESPACE, "penstock-hooks-1"), None)

    assert [made.accepts(INSTANCE_UID, key) for key in (b"one", b"two", b"three")] == [False, False, True]
    assert [made.accepts(OTHER, key) for key in (b"one", b"two", b"three")] == [False, True, False]
    assert made.signature(INSTANCE_UID) is None


def test_of_a_changed_secret_only_the_changed_field_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Secret holds hundreds of instances: one that changes does not cost the reading of all."""
    read: list[str] = []
    plain = keys._content

    def noted(text: str) -> Any:
        read.append(text)
        return plain(text)

    monkeypatch.setattr(keys, "_content", noted)
    made = KeyTable()
    before: Mapping[str, str] = {f"uid-{n}": mirrored(str(n)) for n in range(300)}
    made.change(SECRET, {"data": before})
    read.clear()
    made.change(SECRET, {"data": {**before, "uid-7": mirrored("new")}})

    assert read == [mirrored("new")]


@pytest.mark.parametrize(
    "field", ["", "%%", *map(encoded, (b"{", b"[]", b"{}", b'{"keys": null}', b'{"keys": ["", 7]}'))]
)
def test_malformed_field_accepts_nothing(field: str) -> None:
    """What cannot be read lets nobody in, and is no reason to wait for it."""
    made = table(field)

    assert not made.accepts(INSTANCE_UID, b"")
    assert made.known(INSTANCE_UID)


def test_keys_count_beside_a_signature_that_cannot_be_read() -> None:
    """A way of signing that this gateway does not know does not lock out those with a key."""
    made = table(mirrored("one", signature={"preset": "morse", "key": "aw=="}))

    assert made.accepts(INSTANCE_UID, b"one")
    assert made.signature(INSTANCE_UID) is None


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
