"""The rules of admission are read off the builders, and every manifest that these make keeps them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock_core.manifests import allow_list

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    """What the chart holds."""
    found: dict[str, Any] = yaml.safe_load((ROOT / allow_list.FILE).read_text())
    return found


def place(manifest: Any, path: str) -> Any:
    """What stands in an object at a path such as `object.spec.containers[0]`."""
    for name, number in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        manifest = manifest[name] if name else manifest[int(number)]
    return manifest


def wrong(manifest: dict[str, Any], levels: list[dict[str, Any]]) -> Iterator[str]:
    """The places that the rules refuse, as the policy's expressions find them."""
    for level in levels:
        members = place(manifest, level["at"])
        fixed, default = level.get("fixed", {}), level.get("default", {})
        for name in members.keys() | fixed.keys():
            known = fixed | default
            right = members.get(name) == known[name] if name in known else name in level.get("free", ())
            right = right or ("/" not in name and level.get("plain", False))
            if not right or (name in level.get("single", ()) and len(members[name]) != 1):
                yield f"{level['at']}.{name}"


def test_the_chart_holds_what_the_builders_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of a builder changes the chart's rules: `make fix` writes them."""
    monkeypatch.chdir(ROOT)

    assert allow_list.main(["--check"]) == 0


@pytest.mark.parametrize(("name", "plural"), [("job", "jobs"), ("job-second", "jobs"), ("cronjob", "cronjobs")])
def test_what_is_built_keeps_the_rules(rules: dict[str, Any], name: str, plural: str) -> None:
    """Flows that the rules were not read off pass as well: nothing that varies counts as fixed."""
    manifest = yaml.safe_load((GOLDEN / f"{name}.yaml").read_text())

    assert list(wrong(manifest, rules[plural]["levels"])) == []


def test_nothing_about_a_pod_s_rights_is_free(rules: dict[str, Any]) -> None:
    """A flow chooses its image, its amounts and its connections, and nothing else of the pod."""
    levels = {level["at"].rpartition("spec.template.")[2]: level for level in rules["jobs"]["levels"]}

    assert levels["spec"]["free"] == ["containers"]
    assert levels["spec.containers[0]"]["free"] == ["image", "imagePullPolicy", "env", "resources"]
    assert levels["spec"]["fixed"]["automountServiceAccountToken"] is False
