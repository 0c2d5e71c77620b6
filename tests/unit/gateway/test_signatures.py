"""Signed requests, against vectors of the senders' documentation, or made with `openssl dgst` where they print none."""

import base64
from typing import Any

import pytest

from penstock_gateway.webhooks.signatures import PRESETS, Judgement, Proof, Signature, SignedHeaders, signature_of

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
STRIPE = "10b0a2815816a45e6b874658b928cae03296be10637343405aaf1e8306ddffdc"
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
GENERIC: dict[str, Any] = {
    "preset": "generic",
    "header": "X-Signature",
    "algorithm": "sha512",
    "encoding": "hex",
    "prefix": "",
    "timestampHeader": "",
    "toleranceSeconds": 300,
}
SHA512 = (
    "bb9ec7701f7de8a362d775b9bfcb61a474bf8bf69d5dbee0689a4b284bc59a54"
    "ffd1cfdc05151759afd97ffd1a255b3849ce775ea4be799a65e6a19ac97e2ade"
)
TIMED = {
    **GENERIC,
    "algorithm": "sha1",
    "encoding": "base64",
    "prefix": "sig=",
    "timestampHeader": "X-Time",
    "toleranceSeconds": 60,
}


def signature(preset: str | dict[str, Any], key: bytes) -> Signature:
    stored = preset if isinstance(preset, dict) else {"preset": preset}
    return signature_of({**stored, "key": base64.b64encode(key).decode()})


def judgement(signed: Signature, headers: dict[str, str], *, body: bytes, now: float = 0) -> Judgement:
    said = signed.read({name.lower().encode(): value.encode() for name, value in headers.items()}, now=now)
    if not isinstance(said, SignedHeaders):
        return said
    return Judgement.WRONG if proof_of(signed, said, body) is None else Judgement.RIGHT


def proof_of(signed: Signature, said: SignedHeaders, body: bytes) -> Proof | None:
    check = signed.check(said)
    for at in range(0, len(body), 7):
        check.update(body[at : at + 7])
    return check.proof()


def proof(signed: Signature, headers: dict[str, str], *, body: bytes, now: float = 0) -> Proof | None:
    said = signed.read({name.lower().encode(): value.encode() for name, value in headers.items()}, now=now)
    return proof_of(signed, said, body) if isinstance(said, SignedHeaders) else None


GITHUB = signature("github", b"It's a Secret to Everybody")
GITHUB_HEADERS = {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
SLACK = signature("slack", b"8f742231b10e8888abcd99yyyzzz85a5")
SLACK_HEADERS = {
    "X-Slack-Request-Timestamp": "1531420618",
    "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
WEBHOOKS = signature("standard-webhooks", base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))


@pytest.mark.parametrize(
    ("signed", "headers", "body", "now"),
    [
        pytest.param(GITHUB, GITHUB_HEADERS, b"Hello, World!", 0, id="github"),
        pytest.param(SLACK, SLACK_HEADERS, SLACK_BODY, 1531420618, id="slack"),
        pytest.param(WEBHOOKS, STANDARD, b'{"test": 2432232314}', 1614265330, id="standard-webhooks"),
        pytest.param(
            signature("stripe", b"whsec_test_secret"),
            {"Stripe-Signature": f"t=1492774577,v0=ab,v1={STRIPE}"},
            b'{"id": "evt_1"}',
            1492774577,
            id="stripe",
        ),
        pytest.param(
            signature("shopify", b"hush"),
            {"X-Shopify-Hmac-Sha256": "uGGfOb+XoECYuM+RY9Y3WocU+ijbVAGZNvXJ58KRFBA="},
            b'{"id": 820982911946154508}',
            0,
            id="shopify",
        ),
        pytest.param(signature(GENERIC, b"k"), {"X-Signature": SHA512.upper()}, b"abc", 0, id="generic"),
        pytest.param(
            signature(TIMED, b"k"),
            {"X-Signature": "sig=YYJ9oMHsWAo5OZPGnGCFb+Yc11s=", "X-Time": "1700000000"},
            b"abc",
            1700000000,
            id="generic-with-time",
        ),
    ],
)
def test_what_the_sender_signed_is_right(signed: Signature, headers: dict[str, str], body: bytes, now: float) -> None:
    """Each way of signing takes its own vector, and no other body, key or header."""
    other = Signature(schemes=signed.schemes, key=signed.key + b"x")

    assert judgement(signed, headers, body=body, now=now) is Judgement.RIGHT
    assert judgement(signed, headers, body=body + b" ", now=now) is Judgement.WRONG
    assert judgement(other, headers, body=body, now=now) is Judgement.WRONG
    assert judgement(signed, {}, body=body, now=now) is Judgement.ABSENT
    for name, value in headers.items():
        assert judgement(signed, {**headers, name: value[:-2]}, body=body, now=now) is not Judgement.RIGHT
        assert judgement(signed, {**headers, name: ""}, body=body, now=now) is Judgement.WRONG


@pytest.mark.parametrize(("away", "expected"), [(300, Judgement.RIGHT), (301, Judgement.OUT_OF_TIME)])
@pytest.mark.parametrize("direction", [1, -1])
def test_time_stamps_are_tolerated_within_five_minutes(away: int, expected: Judgement, direction: int) -> None:
    """A right signature that is too old, or from the future, is refused."""
    assert judgement(SLACK, SLACK_HEADERS, body=SLACK_BODY, now=1531420618 + away * direction) is expected


def test_a_generic_signature_has_its_own_tolerance() -> None:
    """What the Instance says replaces the five minutes."""
    headers = {"X-Signature": "sig=YYJ9oMHsWAo5OZPGnGCFb+Yc11s=", "X-Time": "1700000000"}

    assert judgement(signature(TIMED, b"k"), headers, body=b"abc", now=1700000061) is Judgement.OUT_OF_TIME


@pytest.mark.parametrize("stamp", ["", "-1531420618", "1531420618.5", "9" * 13, "soon", "١٥٣١٤٢٠٦١٨"])
def test_a_time_stamp_that_is_none_is_wrong(stamp: str) -> None:
    """Only whole seconds since 1970 are a time; anything else fails without an exception."""
    assert judgement(SLACK, SLACK_HEADERS | {"X-Slack-Request-Timestamp": stamp}, body=SLACK_BODY) is Judgement.WRONG


def test_the_time_belongs_to_what_is_signed() -> None:
    """An old signature under a new time stamp is wrong: it cannot be sent again."""
    fresh = SLACK_HEADERS | {"X-Slack-Request-Timestamp": "1531420900"}

    assert judgement(SLACK, fresh, body=SLACK_BODY, now=1531420900) is Judgement.WRONG


@pytest.mark.parametrize("place", ["{other},{right}", "{right},{other}"])
def test_one_right_signature_of_several_is_enough(place: str) -> None:
    """A sender that changes its secret signs with both for a while."""
    parts = place.format(right=f"v1={STRIPE}", other=f"v1={'0' * 64}")
    signed = signature("stripe", b"whsec_test_secret")
    two = STANDARD["webhook-signature"]

    assert (
        judgement(signed, {"Stripe-Signature": f"t=1492774577,{parts}"}, body=b'{"id": "evt_1"}', now=1492774577)
        is Judgement.RIGHT
    )
    assert (
        judgement(
            WEBHOOKS,
            STANDARD | {"webhook-signature": f"v1a,xx v1,AAAA {two}"},
            body=b'{"test": 2432232314}',
            now=1614265330,
        )
        is Judgement.RIGHT
    )
    assert (
        judgement(signature(GENERIC, b"k"), {"X-Signature": f"{'0' * 128}, {SHA512}"}, body=b"abc") is Judgement.RIGHT
    )


def test_only_the_schemes_own_version_counts() -> None:
    """A right digest under another version's name is no signature of ours."""
    headers = {"Stripe-Signature": f"t=1492774577,v0={STRIPE}"}

    assert (
        judgement(signature("stripe", b"whsec_test_secret"), headers, body=b'{"id": "evt_1"}', now=1492774577)
        is Judgement.WRONG
    )


SVIX = {name.replace("webhook", "svix"): value for name, value in STANDARD.items()}
BODY = b'{"test": 2432232314}'


@pytest.mark.parametrize(
    ("signed", "headers", "body", "now"),
    [
        pytest.param(
            GITHUB,
            {"x-hub-signature-256": f" {GITHUB_HEADERS['X-Hub-Signature-256']} "},
            b"Hello, World!",
            0,
            id="github",
        ),
        pytest.param(
            signature("stripe", b"whsec_test_secret"),
            {"STRIPE-SIGNATURE": f"t=1492774577, v1={'0' * 64}, v1={STRIPE.upper()}, v0=ab"},
            b'{"id": "evt_1"}',
            1492774577,
            id="stripe",
        ),
        pytest.param(
            signature("shopify", b"hush"),
            {"Shopify-Hmac-Sha256": "uGGfOb+XoECYuM+RY9Y3WocU+ijbVAGZNvXJ58KRFBA"},
            b'{"id": 820982911946154508}',
            0,
            id="shopify-events",
        ),
        pytest.param(WEBHOOKS, SVIX, BODY, 1614265330, id="svix"),
        pytest.param(WEBHOOKS, STANDARD | SVIX, BODY, 1614265330, id="both-names"),
        pytest.param(
            WEBHOOKS,
            {**SVIX, "svix-signature": f"v1,AAAA  v1a,hnO3= {STANDARD['webhook-signature']}"},
            BODY,
            1614265330,
            id="svix-several",
        ),
    ],
)
def test_what_the_senders_libraries_send(signed: Signature, headers: dict[str, str], body: bytes, now: float) -> None:
    """Names in any case, spaces, several signatures and every family of names are taken as the senders' own libraries do."""
    assert judgement(signed, headers, body=body, now=now) is Judgement.RIGHT


def test_names_of_two_families_do_not_mix() -> None:
    """An id or a time under one name counts for no signature under the other."""
    mixed = {**SVIX, "webhook-signature": STANDARD["webhook-signature"]}

    assert judgement(WEBHOOKS, mixed, body=BODY, now=1614265330) is Judgement.WRONG


def test_an_id_cannot_borrow_from_the_body() -> None:
    """What is signed reads as another id too, where the body begins like a time: ids have no full stop."""
    body = b"1614265331.rest"
    said = WEBHOOKS.read({name.encode(): value.encode() for name, value in STANDARD.items()}, now=1614265330)
    assert isinstance(said, SignedHeaders)
    check = WEBHOOKS.check(said)
    check.update(body)
    made = "v1," + base64.b64encode(check._made.digest()).decode()
    right = STANDARD | {"webhook-signature": made}
    moved = {
        "webhook-id": f"{STANDARD['webhook-id']}.{STANDARD['webhook-timestamp']}",
        "webhook-timestamp": "1614265331",
        "webhook-signature": made,
    }

    assert judgement(WEBHOOKS, right, body=body, now=1614265330) is Judgement.RIGHT
    assert judgement(WEBHOOKS, moved, body=b"rest", now=1614265330) is Judgement.WRONG


def test_what_a_signature_proves() -> None:
    """A signed id, or all that is signed with a time, for as long as it may be sent again; without a time nothing."""
    slack = proof(SLACK, SLACK_HEADERS, body=SLACK_BODY, now=1531420618)

    assert proof(WEBHOOKS, STANDARD, body=BODY, now=1614265330) == Proof(identifier="msg_p5jXN8AQM9LWM0D4loKWxJek")
    assert proof(WEBHOOKS, SVIX, body=BODY, now=1614265330) == Proof(identifier="msg_p5jXN8AQM9LWM0D4loKWxJek")
    assert proof(GITHUB, GITHUB_HEADERS, body=b"Hello, World!") == Proof()
    assert slack is not None
    assert slack.content
    assert slack.seconds > 2 * 300


def test_the_key_is_not_shown() -> None:
    """A signature in a log or a traceback does not give its secret away."""
    assert "Everybody" not in repr(GITHUB)


@pytest.mark.parametrize(
    "stored",
    [
        {"preset": "github"},
        {"preset": "github", "key": ""},
        {"preset": "github", "key": "%%"},
        {"preset": "gitlab", "key": "aw=="},
        {"preset": "generic", "key": "aw=="},
        {**GENERIC, "key": "aw==", "algorithm": "md5"},
        {**GENERIC, "key": "aw==", "encoding": "base32"},
        {**GENERIC, "key": "aw==", "header": ""},
    ],
)
def test_what_is_malformed_is_no_signature(stored: dict[str, Any]) -> None:
    """A mirrored description that this gateway does not know is an error, never a check that lets through."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        signature_of(stored)


def test_every_preset_is_one_that_an_instance_may_name() -> None:
    """The table and the schema know the same senders."""
    from typing import get_args

    from penstock_core.resources.webhook import Preset

    assert {*PRESETS, "generic"} == set(get_args(Preset))
