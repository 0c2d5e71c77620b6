"""`extract`: JSONPath (RFC 9535) on a step's output; loaded only where a step uses it, for the library takes 0.1 s."""

from collections.abc import Mapping
from typing import Any

from jsonpath import JSONPathError

from penstock_core.expressions import json_path
from penstock_runner.errors import Failure


def extract(paths: Mapping[str, str], output: Any) -> dict[str, Any]:
    """The extracted values by name: one match gives the value, several a list. Raises Failure where nothing matches."""
    return {name: _extracted(name, path, output) for name, path in paths.items()}


def _extracted(name: str, path: str, output: Any) -> Any:
    try:
        found = json_path.environment().compile(path).findall(output) if isinstance(output, (dict, list)) else []
    except JSONPathError as exc:
        raise Failure("extract_failed", f"extract.{name}: the path {path!r} cannot be used: {exc}") from exc
    if not found:
        message = f"extract.{name}: nothing in the output matches {path!r}{_hint(output)}"
        raise Failure("extract_failed", message, details={"name": name, "path": path})
    return found[0] if len(found) == 1 else found


def _hint(output: Any) -> str:
    """What the output has instead, for the reader."""
    if isinstance(output, dict):
        return f"; the output has the members {', '.join(sorted(map(str, output))[:12])}"
    return "; the output is neither a map nor a list" if not isinstance(output, list) else ""
