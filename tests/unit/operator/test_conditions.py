"""Conditions and status: what is written of them, and when they change."""

from penstock_operator.objects.conditions import Condition, merged, status_patch
from penstock_operator.objects.reasons import Reason


def test_unchanged_conditions_keep_their_time() -> None:
    """The transition time moves only where the status changes; foreign conditions stay."""
    old = merged(
        {}, [Condition(type="Ready", status=True, reason=Reason.COMPLETE, message="a")], generation=1, now="t1"
    )
    foreign = {"type": "Other", "status": "True", "lastTransitionTime": "t0"}
    same = merged(
        {"conditions": [*old, foreign]},
        [Condition(type="Ready", status=True, reason=Reason.DEPLOYED, message="b")],
        generation=2,
        now="t2",
    )
    other = merged(
        {"conditions": same},
        [Condition(type="Ready", status=False, reason=Reason.REFUSED, message="c")],
        generation=3,
        now="t3",
    )

    assert [one["lastTransitionTime"] for one in same] == ["t0", "t1"]
    assert [one["lastTransitionTime"] for one in other] == ["t0", "t3"]


def test_a_status_patch_holds_the_difference_alone() -> None:
    """Equal members are left out, and what is gone is removed by null."""
    old = {"a": 1, "b": {"c": 1, "d": 2}, "gone": 1}

    assert status_patch(old, {"a": 1, "b": {"c": 1, "d": 3}}) == {"gone": None, "b": {"d": 3}}
    assert status_patch(old, old) == {}
