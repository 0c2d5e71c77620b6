"""An Instance names an Integration that is not there: what is where, and the sentence that its author reads."""

from typing import Any

import pytest

from observed_objects import instance
from penstock_operator.instances.references.whereabouts import not_a_catalogue, not_found

CATALOGUES = ("catalogue", "extra")


@pytest.mark.parametrize(
    ("named", "offered", "sentence"),
    [
        (
            {"name": "orders"},
            [("catalogue", "orders")],
            "there is no Integration orders in the namespace acme, the Instance's own: the catalogue catalogue has it: set spec.integration.namespace to catalogue",
        ),
        (
            {"name": "orders", "namespace": "extra"},
            [("acme", "orders")],
            "there is no Integration orders in the namespace extra: the Instance's own namespace acme has it: leave spec.integration.namespace out",
        ),
        (
            {"name": "ordrs"},
            [("acme", "orders"), ("extra", "invoices")],
            "there is no Integration ordrs in the namespace acme, the Instance's own: did you mean `orders (namespace acme)`? Else create it, or correct spec.integration",
        ),
        (
            {"name": "orders"},
            [("acme", "invoices")],
            "there is no Integration orders in the namespace acme, the Instance's own: there are invoices; create it, or correct spec.integration; the catalogues catalogue, extra have none of this name either",
        ),
    ],
)  # fmt: skip
def test_an_integration_that_is_not_there(named: dict[str, Any], offered: list[tuple[str, str]], sentence: str) -> None:
    """Where was looked, and who has it."""
    assert not_found(instance(integration=named), offered=offered, catalogues=CATALOGUES) == sentence


def test_a_namespace_that_is_no_catalogue_names_the_one_that_has_it() -> None:
    """With all catalogues that there are."""
    item = instance(integration={"name": "orders", "namespace": "other"})

    assert not_a_catalogue(item, offered=[("extra", "orders")], catalogues=CATALOGUES) == (
        "spec.integration.namespace: other is not a catalogue of this installation (catalogues: catalogue, extra):"
        " the catalogue extra has it: set spec.integration.namespace to extra"
    )
