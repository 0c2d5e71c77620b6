"""What an Instance says about who may call its webhooks, and what is wrong with it. Pure: Secrets come in.

What leaves are digests of keys, and the signing secret as the gateway needs it (docs/contracts.md).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from penstock_core import names
from penstock_core.errors import InvalidInput
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_core.observed.instance import Signature as Described
from penstock_core.values.durations import milliseconds
from penstock_operator.instances.references.connections import SecretLookup, problem_of

DEFAULT_TOLERANCE: Final = "5m"
MAX_TOLERANCE_MS: Final = 24 * 3_600_000
MIN_KEY: Final = 16
"""Characters of a key that a user made."""
KEY_BYTES: Final = 32
"""Random ones, of a key that is generated."""
_GENERATED: Final = re.compile(rb"[A-Za-z0-9_-]{43}")
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


def generated_problem(secret: Secret) -> str | None:
    """What keeps a Secret under a generated key's name from being one, with the remedy; None where it holds such a key.

    Whoever may write Secrets may have put anything there, and what came before Penstock is not Penstock's.
    """
    name = secret.name
    if secret.labels.get(names.LABEL_MANAGED_BY) != names.MANAGER or names.LABEL_RELEASE not in secret.labels:
        return (
            f"the Secret {name} was there before Penstock could make one of this name, and is not taken for its own: delete"
            " it, or name keys of yours in spec.webhook.keysSecretRef"
        )
    if _GENERATED.fullmatch(base64.b64decode(secret.data.get(names.KEY_FIELD, ""))) is None:
        return f"the Secret {name} does not hold the key that Penstock generated: delete it, and another is made"
    return None


def generated_digest(secret: Secret) -> str:
    """sha256 hex digest of a generated key, the one field that counts of its Secret."""
    return hashlib.sha256(base64.b64decode(secret.data[names.KEY_FIELD])).hexdigest()


def _keys(name: str | None, *, secret: SecretLookup) -> tuple[tuple[str, ...] | None, str | None]:
    """Digests of a Secret's values; white space around a value does not count, empty values are no keys."""
    if name is None:
        return None, None
    problem, found = problem_of(name, (), secret=secret), secret(name)
    values = {} if problem or found is None else _values(found)
    if not problem and not values:
        problem = f"the Secret {name} holds no key: give it at least one value"
    short = sorted(field for field, value in values.items() if len(value) < MIN_KEY)
    if short:
        problem = (
            f"the key in {', '.join(short)} of the Secret {name} has fewer than {MIN_KEY} characters, and could be guessed:"
            " take a longer one, as `openssl rand -hex 32` makes it"
        )
    digests = tuple(sorted({hashlib.sha256(value).hexdigest() for value in values.values()}))
    return digests, problem and f"spec.webhook.keysSecretRef: {problem}"


def _values(secret: Secret) -> dict[str, bytes]:
    values = {field: base64.b64decode(value).strip() for field, value in secret.data.items()}
    return {field: value for field, value in values.items() if value}


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
        shown = secret.removeprefix(_STANDARD_PREFIX)
        try:
            key = base64.b64decode(shown + b"=" * (-len(shown) % 4), validate=True)
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
