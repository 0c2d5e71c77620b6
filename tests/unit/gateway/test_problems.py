"""The table of problems, and the limits that make some of them."""

import json

import pytest

from gateway_stand import settings
from penstock_core.errors import SettingsError
from penstock_core.job_status import job_is_over
from penstock_gateway import problems
from penstock_gateway.problems import Problem, ProblemKind
from penstock_gateway.settings import from_environment
from penstock_gateway.webhooks.intake import Intake

KINDS = [kind for kind in vars(problems).values() if isinstance(kind, ProblemKind)]


def test_types_are_unique_and_503s_say_when_to_come_back() -> None:
    """A type means one thing, and whoever should try again is told when."""
    assert len({kind.type for kind in KINDS}) == len(KINDS) > 15
    assert all(kind.retry_after for kind in KINDS if kind.status in {429, 503})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_problem_renders(kind: ProblemKind) -> None:
    """Status, type, title and detail are in the body, and its length is right."""
    status, headers, body = Problem(kind, "Do é.", members={"line": 1}).render()

    value = json.loads(body)
    assert (value["status"], value["type"], value["detail"], value["line"]) == (status, kind.type, "Do é.", 1)
    assert (b"content-length", str(len(body)).encode()) in headers


@pytest.mark.parametrize(("length", "slug"), [(b"11", "body-too-large"), (b"-1", "malformed-request"), (b"9" * 40, "body-too-large"), (b"x", "malformed-request")])  # fmt: skip
def test_content_length_is_checked(length: bytes, slug: str) -> None:
    """A length that is too much or no number is refused before anything is read."""
    with pytest.raises(Problem) as caught:
        Intake(body_limit=10, total_limit=100).check_length({b"content-length": length})

    assert caught.value.kind.slug == slug


def test_settings_name_what_is_missing() -> None:
    """A missing or malformed variable is named."""
    environment = {
        "PENSTOCK_RELEASE": "a.b", "PENSTOCK_RELEASE_NAME": "b", "PENSTOCK_RELEASE_NAMESPACE": "a",
        "PENSTOCK_GATEWAY_DATABASE_SECRET": "s", "PENSTOCK_RUNNER_IMAGE": "i",
    }  # fmt: skip

    assert from_environment(environment | {"PENSTOCK_WATCH_NAMESPACES": "x, y,"}).watch_namespaces == ("x", "y")
    for name in environment:
        with pytest.raises(SettingsError, match=name):
            from_environment({key: value for key, value in environment.items() if key != name})
    with pytest.raises(SettingsError, match="PENSTOCK_MAX_BODY_BYTES"):
        from_environment(environment | {"PENSTOCK_MAX_BODY_BYTES": "10MB"})
    assert settings().max_body_bytes == 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("job", "alive"),
    [
        ({"metadata": {}}, True),
        ({"metadata": {}, "status": {"conditions": [{"type": "Suspended", "status": "True"}]}}, True),
        ({"metadata": {}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}, False),
        ({"metadata": {}, "status": {"conditions": [{"type": "Failed", "status": "True"}]}}, False),
        ({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, False),
    ],
)
def test_which_jobs_live(job: dict[str, object], alive: bool) -> None:
    """A finished Job and one that is being deleted will run no pod."""
    assert job_is_over(job) is not alive
