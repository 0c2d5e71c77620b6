"""What an Instance names for its webhooks: read, checked, and turned into what the gateway needs."""

import base64
import hashlib
from typing import Any

import pytest

import builders
from penstock_core.cluster import Object
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_operator.instances.references.webhook_credentials import (
    credentials_of,
    generated_digest,
    generated_problem,
)
from penstock_operator.watch.references import secret_keys

CONNECTION = {"penstock.dev/connection": "true"}


def encoded(**fields: bytes) -> dict[str, str]:
    return {name: base64.b64encode(value).decode() for name, value in fields.items()}


RAW: dict[str, Object] = {
    "keys": {"metadata": {"labels": CONNECTION}, "data": encoded(a=b"one of sixteen characters")},
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


def keys(**values: bytes) -> Secret:
    return Secret.parse({"metadata": {"labels": CONNECTION}, "data": encoded(**values)})


def test_keys_are_digests_of_trimmed_values() -> None:
    """A trailing newline in a Secret is not part of the key, and empty values are no keys."""
    first, second = b"0123456789abcdef", b"a longer key than that"
    found, problems = credentials_of(
        instance(keysSecretRef={"name": "k"}),
        secret={"k": keys(a=first + b"\n", b=first, c=b" ", d=second)}.get,
    )

    assert problems == []
    assert found is not None
    assert found.digests == tuple(sorted(hashlib.sha256(key).hexdigest() for key in (first, second)))


def test_keys_that_could_be_guessed_are_refused() -> None:
    """A key of fewer than 16 characters is named by its field, and not shown."""
    found, [problem] = credentials_of(
        instance(keysSecretRef={"name": "k"}), secret={"k": keys(good=b"x" * 16, short=b" 123456789012345 ")}.get
    )

    assert found is None
    assert "the key in short of the Secret k has fewer than 16 characters" in problem
    assert "12345" not in problem


GENERATED = "n0tSoRandomButLongEnough_n0tSoRandomButLong"
OURS = {"app.kubernetes.io/managed-by": "penstock", "penstock.dev/release": "system.penstock"}


@pytest.mark.parametrize(
    ("labels", "data", "fragment"),
    [
        (OURS, {"key": GENERATED}, None),
        (OURS, {"key": GENERATED, "more": "weak"}, None),
        ({}, {"key": GENERATED}, "was there before Penstock"),
        ({"app.kubernetes.io/managed-by": "penstock"}, {"key": GENERATED}, "was there before Penstock"),
        (OURS, {"key": "weak"}, "does not hold the key"),
        (OURS, {"key": GENERATED + "x"}, "does not hold the key"),
        (OURS, {"other": GENERATED}, "does not hold the key"),
        (OURS, {}, "does not hold the key"),
    ],
)
def test_what_counts_as_a_generated_key(labels: dict[str, str], data: dict[str, str], fragment: str | None) -> None:
    """Only 32 random bytes in the field that Penstock writes, of a Secret that Penstock made."""
    secret = Secret.parse(
        {
            "metadata": {"name": "a-webhook-key", "labels": labels},
            "data": encoded(**{k: v.encode() for k, v in data.items()}),
        }
    )
    problem = generated_problem(secret)

    assert (problem is None) == (fragment is None)
    assert (fragment or "") in (problem or "")
    assert "weak" not in (problem or "")
    if problem is None:
        assert generated_digest(secret) == hashlib.sha256(GENERATED.encode()).hexdigest()


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
    assert found.digests == (hashlib.sha256(b"one of sixteen characters").hexdigest(),)
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


def test_a_standard_secret_without_its_padding() -> None:
    """As some senders show it."""
    secret = {
        "s": Secret.parse({"metadata": {"labels": CONNECTION}, "data": encoded(secret=b"whsec_MfKQ9r8GKYqrTwjUPD8ILA")})
    }
    found, problems = credentials_of(instance(signature=signed("standard-webhooks", name="s")), secret=secret.get)

    assert problems == []
    assert found is not None
    assert found.signature is not None
    assert found.signature["key"] == "MfKQ9r8GKYqrTwjUPD8ILA=="


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
