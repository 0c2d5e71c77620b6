"""What the tests of the tenant's border on a cluster share."""

from collections.abc import Iterator

import pytest

from installation import discard_namespace
from kubectl import apply


@pytest.fixture
def hostile(tenant: str) -> Iterator[str]:
    """The namespace of somebody who wishes the tenant ill, and may create what he likes there."""
    name = f"{tenant}-evil"
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    discard_namespace(name)
