"""How a metric is added to the operator, walked through once with one that is not there."""

from prometheus_client import Counter

from penstock_operator.metrics import Metrics


class WithToys(Metrics):
    """The operator's metrics and one more."""

    def __init__(self) -> None:
        super().__init__()
        self._toys = Counter("penstock_operator_toys", "Toys that were found.", registry=self.registry)

    def toys(self, count: int) -> None:
        """Toys were found."""
        self._toys.inc(count)


def test_a_metric_is_a_member_and_a_method() -> None:
    """A member on the registry is scraped with the others."""
    metrics = WithToys()
    metrics.toys(2)

    assert b"penstock_operator_toys_total 2.0" in metrics.text()
    assert b"penstock_operator_leader 0.0" in metrics.text()
