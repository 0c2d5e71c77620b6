"""A request that the API refuses: what was asked, and the sentence that its caller reads."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from fake_cluster import FakeCluster
from penstock_core.cluster import Caller
from penstock_gateway.api.application import create_api
from penstock_gateway.api.authorization import GET_DATA, LIST, Access, Right
from penstock_gateway.api.executions.routes import executions_router
from penstock_gateway.api.services import Services
from penstock_gateway.api.values.responses import Values
from penstock_gateway.flows import FlowTable

STATES = (
    "`queued`, `starting`, `running`, `passed`, `failed`, `completed_with_errors`, `cancelled`, `timed_out`, `skipped`"
)
ID = UUID("0190a000-0000-7000-8000-000000000001")


class Anybody(Access):
    """Takes every token."""

    async def caller(self, authorization: str | None) -> Caller:
        return Caller(user="anybody", uid="", groups=(), extra={})


@pytest.fixture
def access() -> Access:
    """Of a release with a name of its own."""
    cluster: Any = FakeCluster()
    return Anybody(cluster, audience="penstock", release="integration.flows")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("?status=passd", f"`status` may be {STATES}, not \"passd\" (did you mean `passed`?)"),
        ("?status=done&limit=0", f"`status` may be {STATES}, not \"done\"; `limit` is at least 1, not \"0\""),
        ("?trigger=webhooks", "`trigger` may be `webhook`, `schedule`, `manual`, not \"webhooks\" (did you mean `webhook`?)"),
        ("?limit=many", "`limit` is a whole number, not \"many\""),
        ("?limit=501", "`limit` is at most 500, not \"501\""),
        ("?from=yesterday", "`from` is a time of RFC 3339 with its offset, as in 2026-01-31T06:00:00Z, not \"yesterday\""),
        ("?to=2026-01-31T06:00:00", "`to` is a time of RFC 3339 with its offset, as in 2026-01-31T06:00:00Z, not \"2026-01-31T06:00:00\""),
        ("?flow=%00", "`flow` holds no NUL character, not \"\\u0000\""),
        ("/first", "`execution` is an id, as lists show it, not \"first\""),
        (f"/{ID}/steps/a/attempts/1/outputs", "`side` may be `input`, `output`, `assertions`, `extracted`, `error`, not \"outputs\" (did you mean `output`?)"),
    ],
)  # fmt: skip
async def test_a_bad_parameter_lists_the_good_ones(access: Access, asked: str, sentence: str) -> None:
    """Every parameter that is wrong is named once, with what it may be."""
    store: Any = None
    services = Services(reading=store, access=access, flows=FlowTable(), values=Values(), cancelling=store)
    api = create_api(executions_router(services), version="1")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://gateway") as client:
        answer = await client.get(f"/api/v1/executions{asked}")

    assert answer.status_code == 400
    assert answer.json()["detail"] == f"{sentence}. /api/openapi.json describes what is allowed."


@pytest.mark.parametrize(
    ("right", "namespace", "role", "where"),
    [
        (LIST, "acme", "viewer", "--namespace=acme"),
        (GET_DATA, "acme", "operator", "--namespace=acme"),
        (LIST, "", "viewer", "--namespace=NAMESPACE"),
    ],
)
def test_a_missing_right_names_the_role_that_exists(
    access: Access, right: Right, namespace: str, role: str, where: str
) -> None:
    """The ClusterRole as the chart called it, and the command that gives it."""
    problem = access.not_permitted(Caller(user="jo", uid="", groups=(), extra={}), right, namespace)

    assert problem.kind.status == 403
    assert f"kubectl create rolebinding NAME --clusterrole=integration.flows-{role} --user=jo {where}" in problem.detail
