"""Whose tokens the REST API takes: those that are meant for it, and those for the API server only where the release says so."""

import pytest

from fake_api import API_AUDIENCE
from gateway_stand import admit, standing

OWN = frozenset({"penstock"})
CLUSTER = frozenset({API_AUDIENCE})


@pytest.mark.parametrize(
    ("audiences", "accepts", "good"),
    [
        (OWN, False, True),
        (CLUSTER, False, False),
        (CLUSTER, True, True),
        (frozenset({"vault"}), True, False),
        (OWN | CLUSTER, False, True),
    ],
    ids=["ours", "the cluster's", "the cluster's, accepted", "another service's", "both"],
)
async def test_a_token_must_be_meant_for_the_api(audiences: frozenset[str], accepts: bool, good: bool) -> None:
    """A token that another service was given opens nothing here; the refusal says how to get one that does."""
    async with standing(None, ready=False, accepts_cluster_tokens=accepts) as stand:
        admit(stand)
        stand.cluster.audiences["viewer"] = audiences
        answer = await stand.read("/00000000-0000-7000-8000-000000000000")

    assert (answer.status_code != 401) == good
    if not good:
        assert "--audience=penstock`" in answer.json()["detail"]


async def test_the_audience_is_the_releases_own() -> None:
    """Two installations can ask for different audiences, so that neither takes the other's tokens."""
    async with standing(None, ready=False, token_audience="penstock-staging") as stand:
        admit(stand)
        answer = await stand.read("")

    assert answer.status_code == 401
    assert "penstock-staging" in answer.json()["detail"]
