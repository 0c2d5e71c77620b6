"""Log lines of all programs call the same thing by the same key."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("core/penstock_core", "operator/penstock_operator", "gateway/penstock_gateway", "runner/penstock_runner")
ABOUT = {"namespace", "instance", "flow", "execution"}
"""What a line is about; `flow` is its name as written in the Integration."""
ALLOWED = ABOUT | {
    "applied", "cause", "count", "crd", "executions", "failures", "fields", "holder", "host", "instance_uid", "integration",
    "job_attempt", "key", "lease", "loop", "namespaces", "object", "part", "path", "port", "queue", "reader", "reason", "resource",
    "resources", "retry_in_s", "role", "seconds", "secret", "state", "user", "version",
}  # fmt: skip
"""A key that is not here is spelt otherwise elsewhere, or new: then it is added."""
RUNNER = ABOUT | {"reason", "epoch", "state", "startMs", "endMs", "maxRssMib"}
"""Keys of the runner's own lines; the bench reads the three times and sizes."""
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
ROOT = Path(__file__).parents[3]
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def dictionaries(value: ast.expr, tree: ast.AST) -> Iterator[ast.Dict | ast.DictComp]:
    """The literals that make up a log call's `extra`: written there, under a name, or in a function of the module."""
    for node in ast.walk(value):
        if isinstance(node, ast.Dict | ast.DictComp):
            yield node
        elif isinstance(node, ast.Name):
            yield from _named(node.id, tree)


def _named(name: str, tree: ast.AST) -> Iterator[ast.Dict | ast.DictComp]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.Dict))
        elif isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            yield from dictionaries(node.value, ast.Module(body=[], type_ignores=[]))


def key_of(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def logged(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Keys and values of all log calls; "" for a key that is computed."""
    for call in calls(tree):
        if isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS:
            for extra in (keyword.value for keyword in call.keywords if keyword.arg == "extra"):
                for found in dictionaries(extra, tree):
                    if isinstance(found, ast.Dict):
                        yield from (
                            (key_of(key), value) for key, value in zip(found.keys, found.values, strict=True) if key
                        )


def test_the_reader_sees_keys_wherever_they_are_written() -> None:
    """Keys of a literal, of a name, of a union and of a function of the module are found."""
    tree = ast.parse(
        "def f(x):\n    return {'a': x}\n"
        "def g(x):\n    extra = {'b': x}\n    log.info('m', extra=extra)\n    log.info('m', extra=f(x) | {'c': x, **extra})\n"
    )

    assert {key for key, _ in logged(tree)} == {"a", "b", "c"}


def test_log_keys_have_one_name_each() -> None:
    """A line that is about a flow or an execution can be found by the same key whichever program wrote it."""
    others = {(path.name, key) for path in SOURCES for key, _ in logged(ast.parse(path.read_text())) if key}

    assert {(name, key) for name, key in others if key not in ALLOWED} == set()


def test_flows_are_logged_as_written() -> None:
    """The name of a Flow object holds a digest that nobody searches for: `flow` is never an object's name."""
    flows = {
        (path.name, ast.unparse(value))
        for path in SOURCES
        for key, value in logged(ast.parse(path.read_text()))
        if key == "flow"
    }

    assert flows
    assert {(name, value) for name, value in flows if "metadata" in value or value == "name"} == set()


def test_the_runner_uses_the_same_keys() -> None:
    """The runner writes no JSON, but the keys of its lines are those of the other programs."""
    tree = ast.parse((ROOT / "runner/penstock_runner/process/session.py").read_text())
    said = [call for call in calls(tree) if isinstance(call.func, ast.Name) and call.func.id == "_say"]
    ends = [call for call in calls(tree) if isinstance(call.func, ast.Attribute) and call.func.attr == "_end"]

    assert said
    assert {keyword.arg for call in (*said, *ends) for keyword in call.keywords if keyword.arg} <= RUNNER
