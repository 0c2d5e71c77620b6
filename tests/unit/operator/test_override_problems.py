"""Overrides of an Instance that fit nothing, and times and resources in them that Kubernetes would refuse."""

import pytest

from observed_objects import CONTENT, instance
from penstock_core.errors import InvalidInput
from penstock_core.observed.content import Content
from penstock_operator.instances.plan import override_problems, trigger_warnings


def test_overrides_that_fit_nothing_are_named() -> None:
    """An override for an unknown flow, and a schedule for a webhook, are problems with a remedy."""
    problems = override_problems(
        instance(flows={"pol": {"paused": True}, "importOrder": {"schedule": {"cron": "* * * * *"}}}),
        Content.parse(CONTENT),
    )

    assert problems == [
        "spec.flows.pol: the Integration has no such flow (it has: importOrder, poll): correct or remove it; did you mean `poll`?",
        "spec.flows.importOrder.schedule: the flow's trigger is not a schedule: remove it",
    ]


@pytest.mark.parametrize(
    ("schedule", "fragments"),
    [
        ({"cron": "0 25 * * *"}, ["spec.flows.poll.schedule.cron: `25` is no value for the hour", "write 0 to 23"]),
        ({"cron": "0 0 30 2 *"}, ["spec.flows.poll.schedule.cron: `0 0 30 2 *` can never come"]),
        ({"cron": "0 0 30 2 *"}, ["spec.flows.poll.schedule.cron: `0 0 30 2 *` can never come", "correct the day"]),
        ({"cron": "@daily"}, ["spec.flows.poll.schedule.cron: a schedule has five fields"]),
        ({"timeZone": "Berlin"}, ["spec.flows.poll.schedule.timeZone: there is no time zone `Berlin`", "IANA name"]),
    ],
)
def test_an_instances_own_times_are_checked(schedule: dict[str, str], fragments: list[str]) -> None:
    """A schedule that Kubernetes would refuse is named with its field, the problem and the remedy."""
    [problem] = override_problems(instance(flows={"poll": {"schedule": schedule}}), Content.parse(CONTENT))

    assert [fragment for fragment in fragments if fragment not in problem] == []


def test_overrides_are_checked_like_what_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the compiler refuses of a schedule, an Instance may not say either; a version of before is told of in a notice."""

    def refuse(_: str) -> None:
        raise InvalidInput("no day of any month")

    monkeypatch.setattr("penstock_operator.instances.triggers.schedule.check_cron", refuse)
    own = instance(flows={"poll": {"schedule": {"cron": "0 0 30 2 *"}}})

    assert override_problems(own, Content.parse(CONTENT)) == ["spec.flows.poll.schedule.cron: no day of any month"]
    assert trigger_warnings(own, Content.parse(CONTENT)) == []
    assert trigger_warnings(instance(), Content.parse(CONTENT)) == [
        "flow poll: the Integration's schedule `0 6 * * *`: no day of any month"
    ]


def test_right_times_are_no_problem() -> None:
    """Each half of an override may stand alone."""
    for schedule in ({"cron": "*/5 6-20 * * mon-fri"}, {"timeZone": "Asia/Tokyo"}, {}):
        assert override_problems(instance(flows={"poll": {"schedule": schedule}}), Content.parse(CONTENT)) == []


def test_a_limit_below_its_request_is_named() -> None:
    """Resources that no Job could have are a problem with both amounts; those that leave one to the defaults are none."""
    wrong = {"requests": {"cpu": "1", "memory": "512Mi"}, "limits": {"cpu": "900m", "memory": "0.5Gi"}}
    right = [{"limits": {"memory": "32Mi"}}, {"requests": {"memory": "512Mi"}}, {"limits": {"cpu": "1"}}]
    problems = override_problems(instance(flows={"poll": {"resources": wrong}}), Content.parse(CONTENT))

    assert problems == [
        "spec.flows.poll.resources: limits.cpu is 900m, less than requests.cpu, 1: raise the limit or lower the request"
    ]
    found = [override_problems(instance(flows={"poll": {"resources": one}}), Content.parse(CONTENT)) for one in right]
    assert found == [[], [], []]
