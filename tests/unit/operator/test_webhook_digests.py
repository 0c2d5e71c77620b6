"""Digests of many Instances in few Secrets: one field each, written alone, and only where it changed."""

import asyncio
import base64
import json
from typing import Any

import pytest

import builders
from fake_cluster import FakeCluster
from operator_stand import Collections
from penstock_core import names
from penstock_core.cluster import SECRETS, Kind, Object
from penstock_core.errors import ClusterUnavailable
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_operator.instances.references.webhook_credentials import Credentials
from penstock_operator.instances.webhook_secrets import WebhookKeys
from penstock_operator.settings import Settings

NAMESPACE = "penstock-system"
UIDS = [f"uid-{n}" for n in range(40)]
NAME = names.webhook_digest_secret("penstock", UIDS[0])
SHARING = [uid for uid in UIDS if names.webhook_digest_secret("penstock", uid) == NAME]
GITHUB = {"preset": "github", "key": "aHVzaA=="}


def instance(uid: str) -> Instance:
    return Instance.parse(builders.instance(uid, uid=uid))


def digests(*keys: str, signature: dict[str, Any] | None = None) -> Credentials:
    return Credentials(digests=keys, signature=signature)


async def mirror(keys: WebhookKeys, one: Instance, credentials: Credentials) -> None:
    """Until the digests are where the gateway looks."""
    written = await keys.mirror(one, credentials)
    if written is not None:
        await written


def fields(cluster: FakeCluster, name: str = NAME) -> dict[str, Any]:
    return {uid: json.loads(base64.b64decode(text)) for uid, text in cluster.of(SECRETS)[name]["data"].items()}


@pytest.fixture
def keys(cluster: FakeCluster, collection: Collections, settings: Settings) -> WebhookKeys:
    return WebhookKeys(cluster, own=collection(SECRETS), settings=settings)


@pytest.fixture
async def filled(cluster: FakeCluster, keys: WebhookKeys) -> WebhookKeys:
    """All of UIDS mirrored, nothing noted as written."""
    for uid in UIDS:
        await mirror(keys, instance(uid), digests("aa"))
    cluster.writes.clear()
    return keys


async def test_the_secret_is_made_with_the_first_field(cluster: FakeCluster, keys: WebhookKeys) -> None:
    """The first Instance of a Secret makes it, with the labels by which the operator's watch sees it."""
    await mirror(keys, instance(UIDS[0]), digests("bb", "aa", signature=GITHUB))

    assert fields(cluster) == {UIDS[0]: {"keys": ["aa", "bb"], "signature": GITHUB}}
    assert cluster.of(SECRETS)[NAME]["metadata"]["labels"] == {
        names.LABEL_MANAGED_BY: "penstock",
        names.LABEL_RELEASE: "penstock-system.penstock",
    }


async def test_a_field_is_written_without_the_others(cluster: FakeCluster, filled: WebhookKeys) -> None:
    """One request changes one Instance's field; what others have in the Secret is not sent."""
    before = fields(cluster)
    await mirror(filled, instance(SHARING[1]), digests("cc"))

    assert len(SHARING) > 1
    assert cluster.writes == [("patch", "secrets", NAME)]
    assert fields(cluster) == before | {SHARING[1]: {"keys": ["cc"]}}


async def test_unchanged_fields_cost_no_write(cluster: FakeCluster, filled: WebhookKeys) -> None:
    """What the watch shows already is not written again, by a fresh process neither."""
    for uid in UIDS:
        await mirror(filled, instance(uid), digests("aa"))

    assert cluster.writes == []


async def test_two_that_make_a_secret_at_once_both_get_in(
    cluster: FakeCluster, keys: WebhookKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who finds that another made the Secret meanwhile puts its field beside the other's."""
    create = cluster.create

    async def second(kind: Kind, namespace: str | None, body: Object) -> Object:
        await create(kind, namespace, {**body, "data": {SHARING[1]: base64.b64encode(b'{"keys": []}').decode()}})
        return await create(kind, namespace, body)

    monkeypatch.setattr(cluster, "create", second)
    await mirror(keys, instance(SHARING[0]), digests("aa"))

    assert fields(cluster) == {SHARING[0]: {"keys": ["aa"]}, SHARING[1]: {"keys": []}}


async def test_a_secret_that_the_watch_cannot_see_is_taken_over(cluster: FakeCluster, keys: WebhookKeys) -> None:
    """One of that name without the release's label gets it, or each look at an Instance would write again."""
    cluster.seed(SECRETS, {"metadata": {"name": NAME, "namespace": NAMESPACE}}, seen=False)
    await mirror(keys, instance(UIDS[0]), digests("aa"))

    assert cluster.of(SECRETS)[NAME]["metadata"]["labels"][names.LABEL_RELEASE] == "penstock-system.penstock"


async def test_a_field_goes_with_its_instance(cluster: FakeCluster, filled: WebhookKeys) -> None:
    """Forgetting leaves the others' fields, and may be repeated."""
    for _ in range(2):
        await filled.forget(SHARING[0])

    assert sorted(fields(cluster)) == sorted(SHARING[1:])


async def test_forgetting_where_there_is_no_secret_does_nothing(cluster: FakeCluster, keys: WebhookKeys) -> None:
    """An Instance without webhooks may be the first that goes."""
    await keys.forget(UIDS[0])

    assert cluster.of(SECRETS) == {}


async def test_fields_of_instances_that_are_gone_are_dropped(cluster: FakeCluster, filled: WebhookKeys) -> None:
    """One request a Secret removes what is stale in it, and none is sent where nothing is."""
    stale = set(SHARING[1:])
    await filled.forget_all_but(set(UIDS) - stale)

    assert list(fields(cluster)) == SHARING[:1]
    assert cluster.writes == [("patch", "secrets", NAME)]


async def test_a_write_that_fails_is_told(cluster: FakeCluster, keys: WebhookKeys) -> None:
    """Only a missing Secret is made: whatever else happens is the queue's to repeat."""
    cluster.failures[("patch", "secrets")] = ClusterUnavailable("away", status=503)
    with pytest.raises(ClusterUnavailable):
        await mirror(keys, instance(UIDS[0]), digests("aa"))

    assert cluster.of(SECRETS) == {}


async def test_fields_that_come_at_once_are_written_together(cluster: FakeCluster, keys: WebhookKeys) -> None:
    """Many Instances cost few writes of their large Secret, and each is told when its own field is there."""
    written: list[bool] = []

    async def mirror_one(uid: str) -> None:
        await mirror(keys, instance(uid), digests("aa"))
        written.append(uid in fields(cluster))

    await asyncio.gather(*(mirror_one(uid) for uid in SHARING))

    assert written == [True] * len(SHARING)
    assert len([1 for verb, _, name in cluster.writes if name == NAME and verb == "patch"]) <= 2


async def test_where_a_common_write_fails_each_tries_for_itself(cluster: FakeCluster, keys: WebhookKeys) -> None:
    """Nobody takes for written what was not."""
    cluster.failures[("patch", "secrets")] = ClusterUnavailable("away", status=503)
    found = await asyncio.gather(
        *(mirror(keys, instance(uid), digests("aa")) for uid in SHARING), return_exceptions=True
    )

    assert [type(one) for one in found] == [ClusterUnavailable] * len(SHARING)


async def test_the_making_of_a_key_is_nothing_new(cluster: FakeCluster, keys: WebhookKeys) -> None:
    """The watch tells of a Secret that was made here: once it is known already; whatever comes after it is a change."""
    made = await keys.generated(instance("uid-0"))
    changed = SECRETS.parse(cluster.seed(SECRETS, made_of(cluster, made)))

    assert [keys.made(made.key, made), keys.made(made.key, changed)] == [True, False]
    assert not keys.made(("acme", "another"), made)


def made_of(cluster: FakeCluster, secret: Secret) -> Object:
    """The Secret as somebody else writes it again."""
    return cluster.of(SECRETS)[secret.name]
