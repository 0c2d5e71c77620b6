"""What is said of how long it will take."""

from dataclasses import replace

from testbed.forecast import Machine, Work, words, work

READY = Machine(cores=2, provider="node", running=True)
NEW = Machine(
    cores=2,
    provider="node",
    lacks_programs=True,
    lacks_go=True,
    packages=("containerd", "buildah"),
    images=("runner", "gateway"),
)


def total(machine: Machine) -> float:
    return sum(part.seconds for part in work(machine))


def test_where_all_is_there_nothing_is_left_to_do() -> None:
    """What remains is what the caller does himself."""
    assert work(READY) == []
    assert words(READY, Work("the demo", 60)) == "about 1 minute, as all that it needs is here already"


def test_each_thing_that_is_missing_is_named_with_its_time() -> None:
    """The reader sees what takes long, and why."""
    said = words(NEW, Work("the demo", 60))

    assert said.startswith("about ")
    assert [line.split("  ")[-1].strip() for line in said.splitlines()[1:]] == [
        "Go is fetched, as there is none that is new enough",
        "Kubernetes 1.36.3 is compiled, once for all checkouts",
        "Debian packages: containerd, buildah",
        "images: runner, gateway",
        "the cluster starts",
        "the demo",
    ]


def test_more_cores_compile_faster() -> None:
    """Nothing else is faster on them."""
    compiling = Machine(cores=2, provider="node", running=True, lacks_programs=True)

    assert total(compiling) == 4 * total(replace(compiling, cores=8))
    assert total(replace(READY, images=("runner",))) == total(replace(READY, images=("runner",), cores=8))


def test_a_cluster_that_is_there_already_needs_no_start() -> None:
    """The existing one is never started here."""
    assert work(replace(READY, provider="existing", running=False)) == []
    assert [part.what for part in work(replace(READY, provider="kind", running=False))] == ["the cluster starts"]
