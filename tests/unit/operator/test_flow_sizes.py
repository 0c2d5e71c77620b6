"""What an Instance becomes is bounded: a few hundred bytes are not half a megabyte in etcd."""

import pytest

from penstock_operator.instances.plan import size_problems


def test_ordinary_variables_are_no_problem() -> None:
    """Values of usual size are deployed, in as many flows as an Integration has."""
    assert size_problems({"text": "x" * 10_000}, flows=5) == []
    assert size_problems({}, flows=1000) == []


def test_variables_that_are_too_large_are_refused() -> None:
    """A value of half a megabyte, as from a ConfigMap, is refused with its size, the limit and what to do."""
    [problem] = size_problems({"text": "x" * 500_000}, flows=1)

    assert problem.startswith("the variables would have 500011 bytes")
    assert "262144" in problem
    assert "ConfigMaps" in problem


@pytest.mark.parametrize(("flows", "count"), [(10, 0), (12, 1)])
def test_all_flows_of_an_instance_are_bounded_together(flows: int, count: int) -> None:
    """A value that each of many flows holds counts as often."""
    problems = size_problems({"text": "x" * 200_000}, flows=flows)

    assert len(problems) == count
    assert all("each of 12 flows" in problem for problem in problems)
