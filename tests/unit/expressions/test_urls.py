"""What a value becomes in an address: a table, to which a line can be added. `x` and `y` are config variables."""

from typing import Any

import pytest

from penstock_core.errors import ExpressionError
from penstock_core.expressions import Scope, condition, template, url_template

SCOPE = Scope.of(config=["base", "x", "y"])
X = "https://h/a/${config.x}"


def url(text: str, **config: Any) -> Any:
    return url_template(text, SCOPE).evaluate({"config": config})


@pytest.mark.parametrize(
    ("text", "config", "asked"),
    [
        # a path segment
        (X, {"x": "plain-Text_1.5~"}, "https://h/a/plain-Text_1.5~"),
        (X, {"x": "../admin"}, "https://h/a/..%2Fadmin"),
        (X, {"x": ".."}, "https://h/a/%2E%2E"),
        (X, {"x": "."}, "https://h/a/%2E"),
        (X, {"x": "..."}, "https://h/a/..."),
        (X, {"x": "a/b?c#d"}, "https://h/a/a%2Fb%3Fc%23d"),
        (X, {"x": "100%"}, "https://h/a/100%25"),
        (X, {"x": "%2e%2e"}, "https://h/a/%252e%252e"),
        (X, {"x": "a\\b"}, "https://h/a/a%5Cb"),
        (X, {"x": "a b\r\n\t\x00"}, "https://h/a/a%20b%0D%0A%09%00"),
        (X, {"x": "größe/日"}, "https://h/a/gr%C3%B6%C3%9Fe%2F%E6%97%A5"),
        (X, {"x": "a:b@c;d,e=f&g+h"}, "https://h/a/a%3Ab%40c%3Bd%2Ce%3Df%26g%2Bh"),
        (X, {"x": "https://evil.example/"}, "https://h/a/https%3A%2F%2Fevil.example%2F"),
        (X, {"x": 5}, "https://h/a/5"),
        (X, {"x": 5.0}, "https://h/a/5"),
        (X, {"x": 1.5}, "https://h/a/1.5"),
        (X, {"x": 12345678901234567890}, "https://h/a/12345678901234567890"),
        (X, {"x": True}, "https://h/a/true"),
        (X, {"x": 0}, "https://h/a/0"),
        # a part of a segment, and several in one
        ("https://h/a-${config.x}.json", {"x": "../b"}, "https://h/a-..%2Fb.json"),
        ("https://h/a-${config.x}.json", {"x": ""}, "https://h/a-.json"),
        ("https://h/${config.x}${config.y}/z", {"x": ".", "y": "."}, "https://h/%2E%2E/z"),
        ("https://h/.${config.x}/z", {"x": "."}, "https://h/%2E%2E/z"),
        ("https://h/.${config.x}./z", {"x": ""}, "https://h/%2E%2E/z"),
        ("https://h/${config.x}${config.y}", {"x": "", "y": "b"}, "https://h/b"),
        ("https://h/${config.x}/${config.y}", {"x": "..", "y": ".."}, "https://h/%2E%2E/%2E%2E"),
        ("https://h/${config.x + config.y}", {"x": "a/", "y": "b"}, "https://h/a%2Fb"),
        # what is written stays as it is written
        ("https://h/a%20b/${config.x}", {"x": "c d"}, "https://h/a%20b/c%20d"),
        ("https://h/$${x}/${config.x}", {"x": "1"}, "https://h/${x}/1"),
        # the query, its names and values; a value may be empty there
        ("https://h/?q=${config.x}", {"x": "a&b=c+d #e/%"}, "https://h/?q=a%26b%3Dc%2Bd%20%23e%2F%25"),
        ("https://h/?q=${config.x}&r=1", {"x": ""}, "https://h/?q=&r=1"),
        ("https://h/?q=${config.x}", {"x": ".."}, "https://h/?q=.."),
        ("https://h/?${config.x}=${config.y}", {"x": "a=b", "y": False}, "https://h/?a%3Db=false"),
        ("https://h/p?q=/${config.x}", {"x": "a/b"}, "https://h/p?q=/a%2Fb"),
        # the fragment
        ("https://h/p#${config.x}", {"x": "a#b c"}, "https://h/p#a%23b%20c"),
        # the base is taken as it is, with a path of its own
        ("${config.base}/a/${config.x}", {"base": "https://h", "x": "b/c"}, "https://h/a/b%2Fc"),
        ("${config.base}/a/${config.x}", {"base": "https://h/api/v2", "x": "b/c"}, "https://h/api/v2/a/b%2Fc"),
        ("${config.base}/a/${config.x}", {"base": "https://h:8443/api%20v", "x": "b"}, "https://h:8443/api%20v/a/b"),
        ("${config.base}?q=${config.x}", {"base": "https://h/find", "x": "a&b"}, "https://h/find?q=a%26b"),
        ("${config.base}&q=${config.x}", {"base": "https://h/find?k=1", "x": "a&b"}, "https://h/find?k=1&q=a%26b"),
        ("${config.base}${config.x}", {"base": "https://h/api", "x": "/b"}, "https://h/api%2Fb"),
        ("${config.base}", {"base": "https://h/next?cursor=a%2Fb&n=2"}, "https://h/next?cursor=a%2Fb&n=2"),
        ("${config.base}://${config.x}/a", {"base": "https", "x": "h"}, "https://h/a"),
        # the host, and its port
        ("https://${config.x}/a", {"x": "erp.example"}, "https://erp.example/a"),
        ("https://${config.x}/a", {"x": "erp.example:8443"}, "https://erp.example:8443/a"),
        ("https://${config.x}/a", {"x": "[::1]:8443"}, "https://[::1]:8443/a"),
        ("https://${config.x}/a", {"x": "bücher.example"}, "https://bücher.example/a"),
        ("https://${config.x}:${config.y}/a", {"x": "h", "y": 8443}, "https://h:8443/a"),
        ("https://${config.x}.erp.example/a", {"x": "acme"}, "https://acme.erp.example/a"),
        ("https://erp${config.x}.example/a", {"x": "-test"}, "https://erp-test.example/a"),
        ("https://${config.x}:8443/a", {"x": "erp.example"}, "https://erp.example:8443/a"),
        ("http://erp${config.x}/a", {"x": "2"}, "http://erp2/a"),
        ("http://erp.shop-${config.x}/a", {"x": "test"}, "http://erp.shop-test/a"),
        ("https://erp.example${config.x}/a", {"x": ""}, "https://erp.example/a"),
        ("https://erp.example${config.x}/a", {"x": ":8443"}, "https://erp.example:8443/a"),
        ("https://api.${config.x}/a", {"x": "erp.example"}, "https://api.erp.example/a"),
        # raw(…)
        ("https://h/${raw(config.x)}", {"x": "a/b?c=d"}, "https://h/a/b?c=d"),
        ("https://h/a?${raw(config.x)}&y=${config.y}", {"x": "b=1&c=2", "y": "&"}, "https://h/a?b=1&c=2&y=%26"),
        ("https://h/${ raw( config.x + '/' ) }z", {"x": "a"}, "https://h/a/z"),
        ("https://${raw(config.x)}/a", {"x": "h/api"}, "https://h/api/a"),
        ("https://h/${raw(config.x)}", {"x": ""}, "https://h/"),
    ],
)  # fmt: skip
def test_a_value_fills_its_place(text: str, config: dict[str, Any], asked: str) -> None:
    """Percent-encoded behind the base, and as it is before."""
    assert url(text, **config) == asked


@pytest.mark.parametrize(
    ("text", "config", "told"),
    [
        (X, {"x": None}, "`${config.x}` is null"),
        (X, {"x": ""}, "`${config.x}` is empty"),
        (X, {"x": ["a"]}, "`${config.x}` is a list"),
        (X, {"x": {"a": 1}}, "`${config.x}` is a map"),
        (X, {"x": b"a"}, "`${config.x}` is bytes"),
        (X, {"x": "\ud800"}, "half a character, U+D800"),
        ("https://h/${config.x}/b", {"x": ""}, "`${config.x}` is empty"),
        ("https://h/${config.x}?q=1", {"x": ""}, "`${config.x}` is empty"),
        ("https://h/${config.x}${config.y}/", {"x": "", "y": ""}, "`${config.y}` is empty"),
        ("https://h/?q=${config.x}", {"x": None}, "`${config.x}` is null"),
        ("https://h/?q=${config.x}", {"x": [1]}, "`${config.x}` is a list"),
        ("https://h/#${config.x}", {"x": {}}, "`${config.x}` is a map"),
        ("https://h/${raw(config.x)}", {"x": None}, "`${raw(config.x)}` is null"),
        ("${config.base}/a", {"base": None}, "`${config.base}` is null"),
        ("${config.base}/a", {"base": ""}, "`${config.base}` is empty"),
        ("${config.base}/a", {"base": "https://h/#x"}, "`${config.base}` holds a `#`"),
        ("${config.base}", {"base": None}, "`${config.base}` is null"),
        ("${config.base}", {"base": {"a": 1}}, "`${config.base}` is a map"),
        ("${config.base}://h/a", {"base": "https://evil.example/?"}, "only http and https are asked"),
        ("${config.base}${config.x}", {"base": "https://h", "x": "/b"}, "`${config.x}` stands in the host"),
        ("${config.base}${config.x}", {"base": "https://h", "x": ".evil.example"}, "stands in the host"),
        ("https://${config.x}/a", {"x": "evil.example/.."}, "stands in the host"),
        ("https://${config.x}/a", {"x": "me@evil.example"}, "stands in the host"),
        ("https://${config.x}/a", {"x": "evil.example#"}, "stands in the host"),
        ("https://${config.x}/a", {"x": "evil.example?"}, "stands in the host"),
        ("https://${config.x}/a", {"x": "evil.example\\"}, "stands in the host"),
        ("https://${config.x}/a", {"x": "evil.example\n"}, "stands in the host"),
        ("https://${config.x}/a", {"x": "a%2eb"}, "stands in the host"),
        ("https://${config.x}.erp.example/a", {"x": "evil.example/"}, "stands in the host"),
        ("https://erp.example${config.x}/a", {"x": ".evil.example"}, "stands in the host"),
        ("https://erp.example${config.x}/a", {"x": "。evil.example"}, "stands in the host"),
        ("https://erp.co${config.x}/a", {"x": "m"}, "stands in the host"),
        ("https://erp.example-${config.x}/a", {"x": "a.evil.example"}, "stands in the host"),
        ("https://erp${config.x}", {"x": ".evil.example"}, "stands in the host"),
        ("https://h:${config.x}/a", {"x": "80:90"}, "stands in the host"),
        ("https://h:${config.x}/a", {"x": "a"}, "stands in the host"),
        (
            "https://${config.x}${config.y}/a",
            {"x": "erp.example", "y": ".evil.example"},
            "`${config.y}` stands in the host",
        ),
        ("https://erp.example${config.x}", {"x": "/a"}, "a `/` that is written in http.url itself"),
        ("https://erp.example:${config.x}/a", {"x": "443@evil.example"}, "stands in the host"),
        ("http${config.x}://h/a", {"x": "://evil.example/?"}, "stands in the host"),
    ],
)
def test_what_no_place_can_hold_fails_by_name(text: str, config: dict[str, Any], told: str) -> None:
    """The message shows the expression as it is written."""
    with pytest.raises(ExpressionError) as refused:
        url(text, **config)

    assert told in str(refused.value)


@pytest.mark.parametrize("text", ["raw(config.x)", "1 + raw(config.x)", "[raw('a')]", "raw(config.x) + raw(config.y)"])
def test_raw_exists_around_a_whole_expression_of_an_address_alone(text: str) -> None:
    """Elsewhere, also inside of an expression of an address, it is refused in words, at the place where it stands."""
    for compile_ in (condition, lambda text, scope: template(f"a ${{{text}}}", scope)):
        with pytest.raises(ExpressionError, match=r"turns off the encoding of a value in http\.url") as refused:
            compile_(text, SCOPE)
        assert refused.value.column
    if text != "raw(config.x)":
        with pytest.raises(ExpressionError, match="around the whole"):
            url_template(f"https://h/${{{text}}}", SCOPE)


@pytest.mark.parametrize(
    ("text", "column"),
    [("https://h/${config.z}", 13), ("https://h/${raw(config.z)}", 17), ("https://h/${raw(1 +)}", 0)],
)
def test_an_error_in_an_address_has_its_place(text: str, column: int) -> None:
    """Column of the expression in the whole text, inside of raw(…) too."""
    with pytest.raises(ExpressionError) as refused:
        url_template(text, SCOPE)

    assert refused.value.column == column or not column
