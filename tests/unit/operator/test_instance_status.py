"""What the conditions of an Instance say."""

from observed_objects import flows_of, instance, version
from penstock_core.observed.flow import Flow
from penstock_operator.instances.plan import Resolution
from penstock_operator.instances.references.version_choice import Choice
from penstock_operator.instances.status import conditions_of


def test_a_newer_version_is_named() -> None:
    """UpToDate=False says which version is available."""
    flows = [Flow.parse({"spec": spec}) for spec in flows_of(instance()).values()]
    resolution = Resolution(choice=Choice(snapshot=version("1.4.0"), newest="1.5.0"), problems=("x",))
    found = {one.type: one for one in conditions_of(instance(), resolution, flows=flows)}

    assert found["UpToDate"].message == "orders 1.5.0 is available."
    assert found["Ready"].status is False
    assert "1.4.0 stays deployed" in found["Deployed"].message
