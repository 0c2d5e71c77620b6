"""How an Instance's webhooks tell their callers: keys, and signatures over the body.

The presets are computed by `penstock_gateway.webhooks.signatures`; here is only what a user writes.
"""

from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from penstock_core.resources.base import RULES, Duration, ObjectName, Reference, Resource, described, matching, rule

Preset: TypeAlias = Literal["github", "stripe", "slack", "shopify", "standard-webhooks", "generic"]
_HEADER_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
_GENERIC_ONLY: Final = ("header", "algorithm", "encoding", "prefix", "timestampHeader", "tolerance")
HeaderName = Annotated[str, Field(pattern=_HEADER_PATTERN, max_length=64)]
SecretField = Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)]


def _header_named(example: str) -> dict[str, Any]:
    return matching(
        _HEADER_PATTERN, f"a header's name has letters, digits, hyphens and underscores: write it as in {example}"
    )


class SigningSecret(Resource):
    """One field of a Secret."""

    name: ObjectName = described(
        'Name of the Secret, in the Instance\'s namespace; it needs the label penstock.dev/connection: "true".',
        example="acme-shop-signing",
    )
    key: SecretField = described("Field of the Secret.", example="secret")


class Signature(Resource):
    """How requests are signed, by HMAC with a secret that the sender knows too."""

    preset: Preset = described(
        "Whose way of signing it is: github (X-Hub-Signature-256), stripe (Stripe-Signature), slack (X-Slack-Signature),"
        " shopify (X-Shopify-Hmac-Sha256), standard-webhooks (webhook-signature), or generic, which the other fields"
        " describe. Time stamps of stripe, slack and standard-webhooks may be five minutes off.",
        example="github",
    )
    secret_ref: SigningSecret = described(
        "The secret that requests are signed with, as the sender shows it; white space around it does not count.",
        example={"name": "acme-shop-signing", "key": "secret"},
    )
    header: HeaderName | None = described(
        "Header with the signature; with a generic one only, and needed there. Several signatures may stand in it,"
        " separated by commas or spaces: one that is right is enough.",
        default=None,
        shown_default="the preset's",
        example="X-Signature",
        schema=_header_named("X-Signature"),
    )
    algorithm: Literal["sha256", "sha1", "sha512"] | None = described(
        "Hash function of the HMAC; with a generic one only.",
        default=None,
        shown_default="sha256",
        example="sha512",
    )
    encoding: Literal["hex", "base64"] | None = described(
        "How the signature is written; with a generic one only.",
        default=None,
        shown_default="hex",
        example="base64",
    )
    prefix: str | None = described(
        "What stands before the signature in its header; with a generic one only.",
        default=None,
        shown_default="nothing",
        example="sha256=",
        pattern=r"^[!-+\--~]*$",
        max_length=32,
    )
    timestamp_header: HeaderName | None = described(
        "Header with the time of signing, in seconds since 1970; with a generic one only. Then the text"
        " `<time>.<body>` is signed, without it the body alone, which can be sent again by whoever sees it.",
        default=None,
        shown_default="none",
        example="X-Timestamp",
        schema=_header_named("X-Timestamp"),
    )
    tolerance: Duration | None = described(
        "How far that time may be off, both ways; units d, h, m, s, ms; a second at least. With timestampHeader only.",
        default=None,
        shown_default="5m",
        example="2m",
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                "self.preset != 'generic' || has(self.header)",
                "preset generic says nothing of where the signature is: set header, as in X-Signature",
                field=".header",
            ),
            rule(
                "self.preset == 'generic' || !(" + " || ".join(f"has(self.{name})" for name in _GENERIC_ONLY) + ")",
                f"{', '.join(_GENERIC_ONLY)} belong to the preset generic, the others know theirs: remove them, or set"
                " preset to generic",
                field=".preset",
            ),
            rule(
                "!has(self.tolerance) || has(self.timestampHeader)",
                "tolerance is about the time of signing: set timestampHeader, or remove it",
                field=".tolerance",
            ),
        ]
    }


class Webhook(Resource):
    """What requests to the instance's webhooks authenticate with: a key or a signature, either is enough."""

    keys_secret_ref: Reference | None = described(
        "Secret each of whose values is a key that requests may carry, of 16 characters at least.",
        default=None,
        shown_default="a key is generated into the Secret that status.webhookKeySecret names",
        example={"name": "acme-hook-keys"},
    )
    signature: Signature | None = described(
        "How a sender that signs its requests does it.",
        default=None,
        shown_default="none",
        example={"preset": "github", "secretRef": {"name": "acme-shop-signing", "key": "secret"}},
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                "has(self.keysSecretRef) || has(self.signature)",
                "webhook names nothing: set keysSecretRef or signature, or remove it",
            )
        ]
    }
