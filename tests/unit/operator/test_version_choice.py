"""Which version an Instance gets: its pin, or what its Integration published."""

from observed_objects import instance, integration, version
from penstock_operator.instances.references.version_choice import choose


def test_a_pin_wins_over_the_current_version() -> None:
    """A pinned Instance gets its version, and learns of the newer one."""
    chosen = choose(
        instance(integration={"name": "orders", "version": "1.3.0"}),
        integration=integration(published="1.4.0"),
        snapshots=[version("1.3.0"), version("1.4.0")],
    )

    assert chosen.snapshot is not None
    assert chosen.snapshot.version == "1.3.0"
    assert chosen.newest == "1.4.0"


def test_a_follower_keeps_its_version_when_the_integration_is_gone() -> None:
    """Deleting an Integration does not take the flows of Instances that follow it."""
    follower = instance(status={"version": "1.4.0"})
    chosen = choose(follower, integration=None, snapshots=[version("1.4.0")])

    assert chosen.snapshot is not None
    assert chosen.snapshot.version == "1.4.0"


def test_an_unknown_pin_names_what_there_is() -> None:
    """The message about a missing version lists the published ones and the remedy."""
    chosen = choose(
        instance(integration={"name": "orders", "version": "9.0.0"}),
        integration=integration(published="1.4.0"),
        snapshots=[version("1.4.0"), version("1.10.0")],
    )

    assert chosen.problem == (
        "orders 9.0.0 is not published (published: 1.4.0, 1.10.0): publish it, or name another in spec.integration.version"
    )


def test_an_integration_not_looked_at_yet_is_no_problem_yet() -> None:
    """An Instance created together with its Integration waits instead of complaining."""
    assert choose(instance(), integration=integration(seen=0), snapshots=[]).pending
    assert not choose(instance(), integration=integration(), snapshots=[]).pending
