"""Kubernetes' quantities as numbers that can be compared. Pure."""

from decimal import Decimal
from string import ascii_letters
from typing import Final

_DECIMAL: Final = {"m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}


def amount(quantity: str) -> Decimal:
    """Cores or bytes: "250m" → 0.25, "64Mi" → 67108864; the units are those that an Instance may name."""
    digits = quantity.rstrip(ascii_letters)
    unit = quantity[len(digits) :]
    return Decimal(digits) * (2 ** _BINARY[unit] if unit in _BINARY else Decimal(10) ** _DECIMAL[unit])
