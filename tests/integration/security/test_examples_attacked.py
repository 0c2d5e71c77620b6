"""The addresses of the shipped examples and of the cookbook, with hostile values in every expression: no request leaves for another place."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from engine_stand import Stand
from web_server import Web

ROOT: Final = Path(__file__).parents[3]
EXAMPLES: Final = sorted([*ROOT.glob("examples/**/integration.yaml"), *ROOT.glob("docs/cookbook/**/integration.yaml")])
EXPRESSION: Final = re.compile(r"\$\{([^}]*)\}")
HOSTILE: Final = [
    "..", ".", "../admin", "..\\admin", "a/../../admin", "/admin", "//evil.example/", "@evil.example", ":80@evil.example",
    ".evil.example", "https://evil.example/", "?a=b", "#", "a&b=c", "%2e%2e%2fadmin", "%2F", "\r\nHost: evil.example", "a b",
    "\x00", "ü/日", "", None, ["..", "admin"], {"a": "../b"}, 5, 1e300, True,
]  # fmt: skip
BASE: Final = re.compile(r"\$\{[^}]*\}|https?://[^/?#$]+")
"""What an address begins with, which is taken as it is: one expression, or a host that is written out."""


@pytest.fixture
def engine() -> Stand:
    """An engine that records in memory."""
    return Stand()


@pytest.fixture
def web() -> Iterator[Web]:
    """The customer's system."""
    opened = Web()
    yield opened
    opened.close()


def requests(value: Any) -> Iterator[dict[str, Any]]:
    """Every http action in a manifest."""
    if isinstance(value, dict):
        if isinstance(value.get("http"), dict):
            yield value["http"]
        for member in value.values():
            yield from requests(member)
    elif isinstance(value, list):
        for member in value:
            yield from requests(member)


TEMPLATES: Final = sorted(
    {
        request["url"]
        for file in EXAMPLES
        for document in yaml.safe_load_all(file.read_text())
        for request in requests(document)
    }
)


def test_the_examples_have_addresses_to_attack() -> None:
    """Each begins with what can be replaced by the tests' own server, and some have values behind."""
    assert [template for template in TEMPLATES if not BASE.match(template)] == []
    assert [template for template in TEMPLATES if EXPRESSION.search(BASE.sub("", template, count=1))] != []


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_request_leaves_for_another_place(engine: Stand, web: Web, template: str, value: Any) -> None:
    """The path has the template's segments, each literal one as it is written; otherwise the step names the expression."""
    behind = EXPRESSION.sub("${config.hostile}", BASE.sub("", template, count=1))
    step = {"name": "call", "http": {"url": f"${{config.base}}{behind}"}}

    outcome = engine.run(step, config={"base": f"{web.url}/api", "hostile": value})

    if not web.seen:
        assert "`${config.hostile}`" in (outcome.error_message or "")
        return
    [request] = web.seen
    path, *query = request["line"].split(" ")[1].split("?")
    wanted, *parameters = f"/api{behind}".split("?")
    pairs = list(zip(wanted.split("/"), path.split("/"), strict=True))
    assert [pair for pair in pairs if "${" not in pair[0] and pair[0] != pair[1]] == []
    assert not {".", ".."} & set(path.split("/"))
    assert [len(re.split("[&=]", each)) for each in query] == [len(re.split("[&=]", each)) for each in parameters]
    assert request["headers"]["host"] == web.url.removeprefix("http://")
