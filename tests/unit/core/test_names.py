"""Names stay inside Kubernetes' and Postgres' limits, and two things never share one."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_core import names

LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
DNS_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
LONG_DNS_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
FLOW = st.from_regex(r"[a-z][A-Za-z0-9]{0,39}", fullmatch=True)


@given(instance=DNS_LABEL, uid=st.uuids().map(str))
def test_a_cron_job_name_leaves_room_for_the_minutes(instance: str, uid: str) -> None:
    """CronJob names may have 52 characters, so that the controller can append the minute."""
    assert len(names.cron_job(instance, uid)) <= 52


@given(namespace=LONG_DNS_LABEL, name=LONG_DNS_LABEL)
def test_a_release_is_a_label_value(namespace: str, name: str) -> None:
    """A release's label value keeps to a label's form whatever the lengths of its parts."""
    assert LABEL.fullmatch(names.release(namespace=namespace, name=name))


def test_long_releases_that_differ_at_the_end_stay_apart() -> None:
    """Cutting a long release name does not make two releases one."""
    first, second = (names.release(namespace="n" * 60, name=f"release-{end}") for end in "ab")

    assert first != second


@given(namespace=LONG_DNS_LABEL)
def test_a_database_role_fits_postgres(namespace: str) -> None:
    """Role names are cut silently at 63 bytes by Postgres, so ours are shorter."""
    assert len(names.database_role("p" * 46, namespace, uid=str(UUID(int=1)))) <= 63


def test_all_webhook_digests_lie_in_sixteen_secrets() -> None:
    """The Secrets are few, each of them is used, and an instance's is always the same one."""
    uids = [str(UUID(int=n)) for n in range(500)]
    found = {names.webhook_digest_secret("penstock", uid) for uid in uids}

    assert found == set(names.webhook_digest_secrets("penstock"))
    assert len(found) == 16
    assert names.webhook_digest_secret("penstock", "6f1c") == "penstock-hooks-4"


@given(instance=DNS_LABEL, flow=FLOW)
def test_flow_objects_are_named_in_lower_case(instance: str, flow: str) -> None:
    """A Flow object's name is a DNS subdomain: its instance, a dot, the flow in lower case."""
    assert names.flow_object(instance, flow) == f"{instance}.{flow}".lower()


@pytest.mark.parametrize(("attempt", "suffix"), [(1, ""), (2, "-2"), (3, "-3")])
def test_replacement_jobs_are_numbered(attempt: int, suffix: str) -> None:
    """The first Job of an execution has no number, its replacements count from 2."""
    execution = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

    assert names.job(execution, attempt) == f"pex-{execution}{suffix}"
