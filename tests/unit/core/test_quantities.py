"""Kubernetes' quantities, compared."""

from decimal import Decimal

import pytest

from penstock_core.manifests.quantities import amount


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("2", 2),
        ("250m", Decimal("0.25")),
        ("0.5", Decimal("0.5")),
        ("64Mi", 64 * 1024**2),
        ("1.5Gi", 1536 * 1024**2),
        ("1Ki", 1024),
        ("1Ti", 1024**4),
        ("1k", 1000),
        ("3M", 3_000_000),
        ("1G", 10**9),
        ("1T", 10**12),
    ],
)
def test_a_quantity_is_a_number(quantity: str, expected: Decimal) -> None:
    """Each unit that an Instance may name has its factor."""
    assert amount(quantity) == expected
