"""What the fixtures of the chart's tests hand out: renderers, finders, Helm's refusal."""

from collections.abc import Callable
from typing import Any

Render = Callable[..., list[dict[str, Any]]]
"""`render(values, release=…, namespace=…)` gives all objects, hooks included."""
Find = Callable[..., dict[str, Any]]
"""`find(objects, kind, name, namespace=None)` gives the one there is."""
RunHelm = Callable[..., str]
"""`run_helm(*words)` gives Helm's output."""


class Refused(Exception):
    """Helm's error; the message is what a user reads."""
