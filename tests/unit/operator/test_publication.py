"""Whether an Integration is published, and what its conditions say of that."""

from observed_objects import integration, version
from penstock_core.compiler import Problem, Verdict
from penstock_core.manifests.integration_version import snapshot
from penstock_core.observed.integration import IntegrationVersion
from penstock_operator.integrations.reconciler import decide


def test_problems_are_all_in_one_condition() -> None:
    """An Integration that does not compile is not published, and every problem is listed."""
    problems = [
        Problem(message="no such variable: correct it", flow="a", step="b", field="if", column=3),
        Problem(message="two"),
    ]
    decision = decide(integration(published="1.3.0"), verdict=Verdict(problems=problems), snapshots=[version("1.3.0")])
    by_type = {one.type: one for one in decision.conditions}

    assert not decision.publish
    assert decision.version == "1.3.0"
    assert by_type["Valid"].message.splitlines() == [str(problem) for problem in problems]
    assert "1.3.0 stays in use" in by_type["Ready"].message


def test_warnings_are_told_and_keep_nothing_from_being_published() -> None:
    """An Integration with warnings is published; its condition is true, for a reason of its own, and lists them."""
    warning = Problem(message="sent as it stands: write `${a}`", flow="a", step="b", field="http.body")
    decision = decide(integration(), verdict=Verdict(warnings=[warning]), snapshots=[])
    valid = next(one for one in decision.conditions if one.type == "Valid")

    assert decision.publish
    assert (valid.status, valid.reason) == (True, "ValidWithWarnings")
    assert valid.message.splitlines() == ["Every flow compiles, with warnings:", str(warning)]


def test_warnings_are_told_behind_problems() -> None:
    """What is wrong comes first, and both are corrected in one go."""
    verdict = Verdict(problems=[Problem(message="one")], warnings=[Problem(message="two")])
    decision = decide(integration(), verdict=verdict, snapshots=[])

    assert decision.conditions[0].message.splitlines() == ["spec: one", "warning: spec: two"]


def test_changed_content_of_a_known_version_is_a_conflict() -> None:
    """A version that comes back with other content is not published again; its snapshot stays."""
    decision = decide(integration(published="1.4.0"), verdict=Verdict(), snapshots=[version("1.4.0", sha="other")])
    published = next(one for one in decision.conditions if one.type == "Published")

    assert not decision.publish
    assert (published.status, published.reason) == (False, "VersionConflict")


def test_a_known_version_is_not_published_twice() -> None:
    """The same content of the same version costs nothing."""
    item = integration()
    decision = decide(item, verdict=Verdict(), snapshots=[IntegrationVersion.parse(snapshot(item, release="r"))])

    assert not decision.publish
    assert decision.version == "1.4.0"
