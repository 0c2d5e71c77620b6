"""What makes the operator write an object again."""

from penstock_operator.objects.apply import differs, stamped


def test_defaults_of_the_api_server_are_no_difference() -> None:
    """What others add does not make us write; what they change, and what we no longer want, does."""
    desired = stamped({"metadata": {"name": "x"}, "spec": {"a": {"b": 1}, "list": [1], "resources": {"cpu": "0.5"}}})
    current = {
        **desired,
        "status": {},
        "spec": {"a": {"b": 1, "default": 2}, "list": [1], "resources": {"cpu": "500m"}},
    }

    assert not differs(desired, current)
    assert differs(desired, {**current, "spec": {**current["spec"], "list": [1, 2]}})
    assert differs(stamped({"metadata": {"name": "x"}, "spec": {"a": {}}}), current)
    assert differs(desired, None)
