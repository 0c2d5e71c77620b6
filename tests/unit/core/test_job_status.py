"""What a Job's status says of its life."""

import pytest

from penstock_core.observed.job_status import job_is_over


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
