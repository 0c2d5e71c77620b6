"""Reads the table of manifests, for the end-to-end test and for the compiler's unit test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

_API: Final = "penstock.dev/v1alpha1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One manifest, who answers, and what the answer must hold."""

    name: str
    expect: str
    says: tuple[str, ...]
    spec: dict[str, Any] | None
    then: dict[str, Any] | None
    instance: dict[str, Any] | None

    @property
    def integration(self) -> dict[str, Any]:
        """The Integration as it is applied first."""
        return {"apiVersion": _API, "kind": "Integration", "metadata": {"name": self.name}, "spec": self.spec}

    @property
    def changed(self) -> dict[str, Any]:
        """The Integration as it is applied second."""
        return self.integration | {"spec": {**(self.spec or {}), **(self.then or {})}}

    @property
    def deployment(self) -> dict[str, Any]:
        """The Instance."""
        spec = {"integration": {"name": self.name}, **(self.instance or {})}
        return {"apiVersion": _API, "kind": "Instance", "metadata": {"name": self.name}, "spec": spec}


def rows(*expected: str) -> list[Row]:
    """The rows with one of the expectations; all of them where none is named."""
    entries = yaml.safe_load(Path(__file__).with_name("manifests.yaml").read_text(encoding="utf-8"))
    return [_row(entry) for entry in entries if not expected or entry["expect"] in expected]


def _row(entry: dict[str, Any]) -> Row:
    spec = entry.get("spec")
    if "steps" in entry:
        spec = _spec({"name": "demo", "trigger": {"webhook": {}}, "steps": entry["steps"]})
    if "flow" in entry:
        spec = _spec(entry["flow"])
    return Row(
        name=entry["name"],
        expect=entry["expect"],
        says=tuple(entry.get("says", ())),
        spec=spec,
        then=entry.get("then"),
        instance=entry.get("instance"),
    )


def _spec(flow: dict[str, Any]) -> dict[str, Any]:
    return {"version": "1.0.0", "flows": [flow]}
