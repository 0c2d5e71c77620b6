"""What an Instance names for its webhooks: read, checked, and turned into what the gateway needs."""

import base64
import hashlib
from typing import Any

import pytest

import builders
from penstock_core.cluster import Object
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_operator.instances.webhook_credentials import credentials_of, digests_of
from penstock_operator.watch.references import secret_keys

CONNECTION = {"penstock.dev/connection": "true"}


def encoded(**fields: bytes) -> dict[str, str]:
    return {name: base64.b64encode(value).decode() for name, value in fields.items()}


RAW: dict[str, Object] = {
    "keys": {"metadata": {"labels": CONNECTION}, "data": encoded(a=b"one")},
    "none": {"metadata": {"labels": CONNECTION}, "data": {}},
    "shop": {
        "metadata": {"labels": CONNECTION},
        "data": encoded(
            secret=b"hush\n", standard=b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", blank=b" \n", text=b"no base64!"
        ),
    },
    "bare": {"metadata": {}, "data": encoded(secret=b"hush")},
}
SECRETS = {name: Secret.parse(raw) for name, raw in RAW.items()}


def instance(**webhook: Any) -> Instance:
    spec: dict[str, Any] = {"webhook": webhook} if webhook else {}
    return Instance.parse(builders.instance("a", namespace="n", **spec))


def signed(preset: str = "github", key: str = "secret", name: str = "shop", **described: Any) -> dict[str, Any]:
    return {"preset": preset, "secretRef": {"name": name, "key": key}, **described}


def test_keys_are_digests_of_trimmed_values() -> None:
    """A trailing newline in a Secret is not part of the key, and empty values are no keys."""
    assert len(digests_of(Secret.parse({"data": encoded(a=b"k1\n", b=b"k1", c=b" ", d=b"k2")}))) == 2


def test_an_instance_that_names_nothing_has_a_generated_key_and_no_signature() -> None:
    """`digests` None stands for the generated key."""
    found, problems = credentials_of(instance(), secret=SECRETS.get)

    assert found is not None
    assert (found.digests, found.signature, problems) == (None, None, [])


def test_a_preset_needs_its_secret_alone() -> None:
    """White space around the secret does not count, and keys may be named beside it."""
    found, problems = credentials_of(instance(keysSecretRef={"name": "keys"}, signature=signed()), secret=SECRETS.get)

    assert problems == []
    assert found is not None
    assert found.digests == (hashlib.sha256(b"one").hexdigest(),)
    assert found.signature == {"preset": "github", "key": base64.b64encode(b"hush").decode()}
    assert "aHVzaA" not in repr(found)


def test_the_secret_of_standard_webhooks_is_decoded() -> None:
    """Behind `whsec_` stands base64: the gateway gets the bytes that the sender's library signs with."""
    found, _ = credentials_of(instance(signature=signed("standard-webhooks", "standard")), secret=SECRETS.get)

    assert found is not None
    assert found.signature is not None
    assert found.signature["key"] == "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_generic_signature_is_described_in_full() -> None:
    """Defaults are applied, header names are in lower case, the tolerance is in seconds."""
    plain, _ = credentials_of(instance(signature=signed("generic", header="X-Sig")), secret=SECRETS.get)
    full, _ = credentials_of(
        instance(
            signature=signed(
                "generic",
                header="X-Sig",
                algorithm="sha512",
                encoding="base64",
                prefix="v=",
                timestampHeader="X-Time",
                tolerance="1m30s",
            )
        ),
        secret=SECRETS.get,
    )

    assert plain is not None
    assert plain.signature is not None
    assert full is not None
    assert full.signature is not None
    assert {name: value for name, value in plain.signature.items() if name not in ("key", "preset")} == {
        "header": "x-sig",
        "algorithm": "sha256",
        "encoding": "hex",
        "prefix": "",
        "timestampHeader": "",
        "toleranceSeconds": 300,
    }
    assert [full.signature[name] for name in ("algorithm", "encoding", "prefix", "timestampHeader")] == [
        "sha512",
        "base64",
        "v=",
        "x-time",
    ]
    assert full.signature["toleranceSeconds"] == 90


@pytest.mark.parametrize(
    ("webhook", "fragments"),
    [
        ({"keysSecretRef": {"name": "gone"}}, ["spec.webhook.keysSecretRef: the Secret gone does not exist"]),
        ({"keysSecretRef": {"name": "none"}}, ["the Secret none holds no key", "at least one value"]),
        ({"signature": signed(name="gone")}, ["spec.webhook.signature.secretRef: the Secret gone does not exist"]),
        ({"signature": signed(name="bare")}, ["the Secret bare lacks the label", "penstock.dev/connection"]),
        (
            {"signature": signed(key="sekret")},
            ["the Secret shop lacks sekret", "it has: blank, secret, standard, text"],
        ),
        ({"signature": signed(key="blank")}, ["the field blank of the Secret shop is empty"]),
        (
            {"signature": signed("standard-webhooks", "text")},
            ["the field text of the Secret shop is no secret", "whsec_"],
        ),
        (
            {"signature": signed("generic", header="X", timestampHeader="T", tolerance="soon")},
            ["spec.webhook.signature.tolerance", "not a duration"],
        ),
        (
            {"signature": signed("generic", header="X", timestampHeader="T", tolerance="10ms")},
            ["10ms is out of bounds", "1s at least"],
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(webhook: dict[str, Any], fragments: list[str]) -> None:
    """Each problem is one sentence, no value is in it, and nothing half right is handed to the gateway."""
    found, [problem] = credentials_of(instance(**webhook), secret=SECRETS.get)

    assert found is None
    assert [fragment for fragment in fragments if fragment not in problem] == []
    assert "hush" not in problem


def test_all_problems_come_at_once() -> None:
    """Keys and signature are checked apart."""
    _, problems = credentials_of(
        instance(keysSecretRef={"name": "gone"}, signature=signed(name="gone")), secret=SECRETS.get
    )

    assert len(problems) == 2


def test_the_signing_secret_is_one_that_the_instance_is_reconciled_for() -> None:
    """A change of any Secret that it names brings the Instance back, its own generated key where it names none."""
    both = instance(keysSecretRef={"name": "keys"}, signature=signed())

    assert both.named_secrets == {"keys", "shop"}
    assert secret_keys(both) == [("n", "keys"), ("n", "shop")]
    assert secret_keys(instance(signature=signed())) == [("n", "a-webhook-key"), ("n", "shop")]
