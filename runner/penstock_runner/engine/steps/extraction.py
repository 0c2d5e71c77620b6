"""`extract`: JSONPath (RFC 9535) on a step's output; loaded only where a step uses it, for the library takes 0.1 s."""

from collections.abc import Mapping
from typing import Any

from jsonpath import JSONPathError

from penstock_core.expressions import json_path
from penstock_runner.errors import Failure


def extract(paths: Mapping[str, str], output: Any) -> dict[str, Any]:
    """The extracted values by name. Raises Failure where a singular path matches nothing.

    A path of names and indexes alone is singular, as RFC 9535 has it (2.3.5.1), and gives the value; any other gives a list, also
    of one value or of none: what comes out depends on the path and not on the data.
    """
    return {name: _extracted(name, path, output) for name, path in paths.items()}


def _extracted(name: str, path: str, output: Any) -> Any:
    try:
        query = json_path.environment().compile(path)
        found = _found(query, output)
    except JSONPathError as exc:
        raise Failure("extract_failed", f"extract.{name}: the path `{path}` cannot be used: {exc}") from exc
    if not json_path.is_singular(query):
        return found
    if not found:
        message = f"extract.{name}: nothing in the output matches `{path}`{_hint(output)}"
        raise Failure("extract_failed", message, details={"name": name, "path": path})
    return found[0]


def _found(query: Any, output: Any) -> list[Any]:
    if isinstance(output, (dict, list)):
        return list(query.findall(output))
    # the library reads a text as JSON: only the root is in what has no members
    return [output] if not query.segments else []


def _hint(output: Any) -> str:
    """What the output has instead, for the reader."""
    if isinstance(output, dict):
        return f"; the output has the members {', '.join(sorted(map(str, output))[:12])}"
    return "; the output is neither a map nor a list" if not isinstance(output, list) else ""
