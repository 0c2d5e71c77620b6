"""Objects are parsed once, at the edge: how often operator and gateway still dig in raw mappings, counted."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
MOST: Final = 40
WORDS: Final = frozenset(
    [
        "apiVersion",
        "kind",
        "metadata",
        "spec",
        "status",
        "data",
        "annotations",
        "creationTimestamp",
        "deletionTimestamp",
        "finalizers",
        "generation",
        "labels",
        "managedFields",
        "name",
        "namespace",
        "ownerReferences",
        "resourceVersion",
        "uid",
        "conditions",
        "containerStatuses",
        "lastTransitionTime",
        "message",
        "observedGeneration",
        "phase",
        "publishedVersion",
        "reason",
        "config",
        "configFrom",
        "connections",
        "content",
        "customer",
        "definition",
        "definitionHash",
        "flow",
        "flows",
        "instance",
        "instanceUid",
        "integration",
        "paused",
        "schedule",
        "secretName",
        "secretRef",
        "steps",
        "trigger",
        "version",
        "webhook",
        "whenPaused",
    ]
)
"""Members of the objects that Penstock reads, as the API server shows them."""
EDGES: Final = ("gateway/penstock_gateway/flows.py", "operator/penstock_operator/commands/")
"""What parses outside core: the table of served flows, and commands, each of which reads once what it asks for."""


def looks(source: str) -> Iterator[int]:
    """Lines with `x["word"]` that reads, `x.get("word", …)` or `"word" in x`, for each of the words."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(word)), ctx=ast.Load()):
                pass
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(word)), *_]):
                pass
            case ast.Compare(left=ast.Constant(value=str(word)), ops=[ast.In() | ast.NotIn()]):
                pass
            case _:
                continue
        if word in WORDS:
            yield node.lineno


def found() -> list[str]:
    """Each look into a raw mapping of operator and gateway, apart from what parses."""
    modules = (path for program in ("operator", "gateway") for path in sorted((ROOT / program).rglob("*.py")))
    return [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules
        if not str(path.relative_to(ROOT)).startswith(EDGES)
        for line in looks(path.read_text())
    ]


def test_objects_are_parsed_once() -> None:
    """Operator and gateway read values with names: at most so many looks into raw objects are left, most of them patches."""
    left = found()

    assert len(left) < MOST, "\n".join(left)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("item['metadata']['name']", 2),
        ("item.get('status', {})", 1),
        ("'labels' in item", 1),
        ("item['mine'], item.get(name), item['spec'][name]", 1),
        ("item['metadata'] = {}", 0),
        ("{'metadata': {'name': name}}", 0),
    ],
)
def test_what_counts_as_a_look(source: str, count: int) -> None:
    """A read by a constant name of an object's members counts; writing one down does not."""
    assert len(list(looks(source))) == count
