"""What an Instance becomes is bounded: a few hundred bytes are not half a megabyte in etcd."""

from typing import Any

import pytest

from observed_objects import URL, instance
from penstock_core.observed.content import Content
from penstock_operator.instances.plan import Plan, plan, size_problems

STEPS = [{"name": "a", "set": {"value": 1}}]


def planned(*, flows: int, config: dict[str, Any]) -> Plan:
    """An Instance's Flows with these variables."""
    named = [{"name": f"f{number}", "trigger": {"webhook": {}}, "steps": STEPS} for number in range(flows)]
    content = Content.parse({"version": "1.0.0", "flows": named})
    return plan(instance(), content, config=config, connections={}, public_url=URL)


def test_ordinary_flows_are_no_problem() -> None:
    """Values of usual size are deployed."""
    assert size_problems(planned(flows=5, config={"text": "x" * 10_000})) == []


def test_a_flow_that_becomes_too_large_is_named() -> None:
    """A value of half a megabyte, as from a ConfigMap, is refused with the flow, its size and the limit."""
    [problem] = size_problems(planned(flows=1, config={"text": "x" * 500_000}))

    assert problem.startswith("flow f0: its variables")
    assert "262144" in problem
    assert "ConfigMaps" in problem


@pytest.mark.parametrize(("flows", "count"), [(10, 0), (12, 1)])
def test_all_flows_of_an_instance_are_bounded_together(flows: int, count: int) -> None:
    """A value that each of many flows holds counts as often."""
    problems = size_problems(planned(flows=flows, config={"text": "x" * 200_000}))

    assert len(problems) == count
    assert all("each of 12 flows" in problem for problem in problems)


def test_large_steps_are_the_integrations() -> None:
    """An Integration of half a megabyte is its author's choice, and deployed."""
    steps = [{"name": "a", "set": {"value": "x" * 500_000}}]
    content = Content.parse({"version": "1.0.0", "flows": [{"name": "f", "trigger": {"webhook": {}}, "steps": steps}]})

    assert size_problems(plan(instance(), content, config={}, connections={}, public_url=URL)) == []
