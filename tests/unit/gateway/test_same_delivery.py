"""Which values of `deduplicateBy` are the same, see `tests/support/deliveries.py`."""

import pytest

from deliveries import PAIRS
from penstock_core.expressions.restricted import compile_restricted
from penstock_gateway.flows import Deduplication
from penstock_gateway.webhooks.request_data import Request, prepare


def key_of(value: str, raw: bytes, content_type: str) -> str | None:
    """What a request is compared by."""
    headers = [(b"content-type", content_type.encode())]
    request = Request(method="POST", path="", query_string=b"", headers=headers, lookup=dict(headers), raw=raw)
    found = prepare(request, Deduplication(value=compile_restricted(value), window_seconds=60)).idempotency
    return found.key if found else None


@pytest.mark.parametrize(("value", "content_type", "first", "second", "same"), PAIRS)
def test_one_delivery_or_two(
    value: str, content_type: str | tuple[str, str], first: bytes, second: bytes, same: bool
) -> None:
    """A value is what it means, not how it is spelled; one that is not there is nobody's."""
    types = (content_type, content_type) if isinstance(content_type, str) else content_type
    keys = [key_of(value, raw, each) for raw, each in zip((first, second), types, strict=True)]

    assert (keys[0] is not None and keys[0] == keys[1]) is same
