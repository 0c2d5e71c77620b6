"""Removes connections' secrets from everything that is stored or written: inputs, outputs, errors, logs.

A text is compared for what it becomes, not for how it is spelt: as it stands, and after undoing escapes of JSON, percent
and HTML, base64, hexadecimal and UTF-8 that was read as Latin-1, one inside of another up to three times (`undoing`).
What a python step computes from a secret by other means, and UTF-16, are outside of this promise.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from penstock_core.masking.secrets import Secrets

MASK: Final = "***"
MIN_LENGTH: Final = 6
"""Characters from which a value is masked; shorter ones turn up by chance everywhere."""
MAX_DEPTH: Final = 250
"""Levels of nesting that are walked; what lies deeper is masked altogether."""


class Masker:
    """Masks the given secrets in nested values. Immutable after construction, so threads may share it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # a Secret made from a file often ends in a line break
        values = {value for secret in secrets for value in (secret, secret.strip()) if len(value) >= MIN_LENGTH}
        self._secrets = _prepared(values) if values else None

    def mask(self, value: Any) -> Any:
        """`value` itself where no secret is in it; else a copy with `***` in place of each.

        Strings, bytes and map keys are searched at any depth. A number that is a secret as a whole becomes 0 of its type;
        what else shows one, such as a time, becomes `***`.
        """
        if self._secrets is None:
            return value
        from penstock_core.masking.values import masked

        return masked(value, self._secrets, mask=MASK, depth=MAX_DEPTH)

    def text(self, text: str) -> str:
        """`text` with every secret replaced by `***`."""
        if self._secrets is None:
            return text
        from penstock_core.masking.values import masked_text

        return masked_text(text, self._secrets, mask=MASK)

    def data(self, data: bytes) -> bytes:
        """`data` with every secret replaced by `***`."""
        if self._secrets is None:
            return data
        from penstock_core.masking.values import masked_data

        return masked_data(data, self._secrets, mask=MASK)


def _prepared(values: set[str]) -> "Secrets":
    from penstock_core.masking.secrets import Secrets  # flows without connections do not load it

    return Secrets(frozenset(values))
