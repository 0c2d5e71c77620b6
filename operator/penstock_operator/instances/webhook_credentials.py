"""What an Instance says about who may call its webhooks, and what is wrong with it. Pure: Secrets come in.

What leaves are digests of keys, and the signing secret as the gateway needs it (docs/contracts.md).
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from penstock_core.durations import milliseconds
from penstock_core.errors import InvalidInput
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_core.observed.instance import Signature as Described
from penstock_operator.instances.connections import SecretLookup, problem_of

DEFAULT_TOLERANCE: Final = "5m"
MAX_TOLERANCE_MS: Final = 24 * 3_600_000
_STANDARD_PREFIX: Final = b"whsec_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What requests authenticate with: `digests` of keys, None for the generated key; how they are signed, None: not at all.

    The signing secret is left out of the representation, so that it gets into no log.
    """

    digests: tuple[str, ...] | None = None
    signature: Mapping[str, Any] | None = field(default=None, repr=False)


def credentials_of(instance: Instance, *, secret: SecretLookup) -> tuple[Credentials | None, list[str]]:
    """What the Instance's `spec.webhook` names, None where something in it is wrong; and a sentence for each such thing."""
    digests, key_problem = _keys(instance.keys_secret, secret=secret)
    signature, signature_problem = _signature(instance.signature, secret=secret)
    problems = [problem for problem in (key_problem, signature_problem) if problem]
    return None if problems else Credentials(digests=digests, signature=signature), problems


def digests_of(secret: Secret) -> list[str]:
    """sha256 hex digests of a Secret's values; white space around a value does not count, empty values are no keys."""
    values = (base64.b64decode(value).strip() for value in secret.data.values())
    return sorted({hashlib.sha256(value).hexdigest() for value in values if value})


def _keys(name: str | None, *, secret: SecretLookup) -> tuple[tuple[str, ...] | None, str | None]:
    if name is None:
        return None, None
    problem, found = problem_of(name, (), secret=secret), secret(name)
    digests = () if problem or found is None else tuple(digests_of(found))
    if not problem and not digests:
        problem = f"the Secret {name} holds no key: give it at least one value"
    return digests, problem and f"spec.webhook.keysSecretRef: {problem}"


def _signature(given: Described | None, *, secret: SecretLookup) -> tuple[Mapping[str, Any] | None, str | None]:
    """The JSON that the gateway reads."""
    if given is None:
        return None, None
    name, field_name = given.secret, given.field
    problem, found = problem_of(name, (field_name,), secret=secret), secret(name)
    if problem or found is None:
        return None, f"spec.webhook.signature.secretRef: {problem}"
    try:
        key = _hmac_key(given.preset, base64.b64decode(found.data[field_name]).strip())
    except InvalidInput as error:
        return None, f"spec.webhook.signature.secretRef: the field {field_name} of the Secret {name} {error}"
    try:
        described = _described(given.described) if given.preset == "generic" else {}
    except InvalidInput as error:
        return None, f"spec.webhook.signature.tolerance: {error}"
    return {"preset": given.preset, "key": base64.b64encode(key).decode(), **described}, None


def _hmac_key(preset: str, secret: bytes) -> bytes:
    """The key's bytes. Standard Webhooks shows them as base64 behind `whsec_`; everybody else uses the text as it is."""
    key = secret
    if preset == "standard-webhooks":
        try:
            key = base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
        except binascii.Error:
            raise InvalidInput(
                "is no secret of Standard Webhooks: write whsec_ and base64 after it, as the sender shows it"
            ) from None
    if not key:
        raise InvalidInput("is empty: give it the secret that the sender signs with")
    return key


def _described(given: Mapping[str, Any]) -> dict[str, Any]:
    text = given.get("tolerance", DEFAULT_TOLERANCE)
    tolerance = milliseconds(text)
    if not 1000 <= tolerance <= MAX_TOLERANCE_MS:
        raise InvalidInput(f"{text} is out of bounds: write 1s at least and 24h at most")
    return {
        "header": given["header"].lower(),
        "algorithm": given.get("algorithm", "sha256"),
        "encoding": given.get("encoding", "hex"),
        "prefix": given.get("prefix", ""),
        "timestampHeader": given.get("timestampHeader", "").lower(),
        "toleranceSeconds": tolerance // 1000,
    }
