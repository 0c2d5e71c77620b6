"""Which addresses can be asked, and as what: a table, to which a line can be added."""

import pytest

from penstock_core.errors import InvalidInput
from penstock_core.http.addresses import address, with_query


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("https://erp.example", "https://erp.example"),
        ("HTTPS://ERP.Example/A", "https://erp.example/A"),
        ("https://erp.example:443/a", "https://erp.example:443/a"),
        ("https://erp.example:/a", "https://erp.example/a"),
        ("https://erp.example./a", "https://erp.example./a"),
        ("https://erp_1.example/a", "https://erp_1.example/a"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://[FE80::A%25eth0]/a", "http://[fe80::a%25eth0]/a"),
        ("http://127.0.0.1/a", "http://127.0.0.1/a"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://BÜCHER.Example./a", "https://xn--bcher-kva.example./a"),
        ("https://faß.example/a", "https://xn--fa-hia.example/a"),
        ("https://bu\u0308cher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://例え.example/a", "https://xn--r8jz45g.example/a"),
        ("https://h/a b/ü?q=ä ö#ß", "https://h/a%20b/%C3%BC?q=%C3%A4%20%C3%B6#%C3%9F"),
        ("https://h/a%20b%2fc", "https://h/a%20b%2Fc"),
        ("https://h/100%/a%20b", "https://h/100%25/a%20b"),
        ('https://h/<a>|"b"', "https://h/%3Ca%3E%7C%22b%22"),
        ("https://h/a\\b", "https://h/a%5Cb"),
        ("https://h/a/../b/./c", "https://h/b/c"),
        ("https://h/../../b/..", "https://h/"),
        ("https://h/%2E%2E/b", "https://h/%2E%2E/b"),
        ("https://h//b", "https://h//b"),
        ("https://h?q=1", "https://h?q=1"),
        ("https://h/a?", "https://h/a?"),
        ("https://h/a?b?c=/d&e[]=1", "https://h/a?b?c=/d&e%5B%5D=1"),
        ("https://h/a#b?c", "https://h/a#b?c"),
    ],
)  # fmt: skip
def test_an_address_is_asked_in_one_way(written: str, asked: str) -> None:
    """The host in ASCII and lower case, the rest percent-encoded where it must be; a second reading changes nothing."""
    assert address(written).url == asked
    assert address(asked).url == asked


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, "null is not an address"),
        ("", "is not an address: write http"),
        ("/a", "write http"),
        ("erp.example/a", "write http"),
        ("ftp://erp.example", "write http"),
        ("https:/erp.example", "write http"),
        ("https:///a", "write http"),
        (" https://h/", "write http"),
        ("https://h\\@evil.example/", "write http"),
        ("https://h:0/", "no host and port"),
        ("https://h:65536/", "no host and port"),
        ("https://h:8a/", "no host and port"),
        ("https://h:1:2/", "no host and port"),
        ("https://[::1/", "no host"),
        ("https://[evil.example]/", "no IPv6 address"),
        ("https://h h/", "a host cannot be called `h h`"),
        ("https://h%2e/", "a host cannot be called"),
        ("https://a..b/", "empty"),
        ("https://.b/", "empty"),
        (f"https://{'a' * 64}.example/", "more than 63"),
        (f"https://{'a.' * 130}example/", "more than 253"),
        ("https://ü..example/", "a host cannot be called"),
        ("https://☃.example/", "a host cannot be called"),
        ("https://a／b.example/", "a host cannot be called"),
        ("https://h/a\nb", "control character U+000A"),
        ("https://h/a\x00", "control character U+0000"),
        ("https://h/\ud800", "half a character, U+D800"),
        ("https://me:canary@h/", "holds a user or a password"),
        ("https://me:canary@[h/", "holds a user or a password"),
    ],
)
def test_what_cannot_be_asked_is_told(written: str | None, told: str) -> None:
    """With the address, and without the password in it."""
    with pytest.raises(InvalidInput) as refused:
        address(written)

    assert told in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "query", "joined"),
    [
        ("https://h", "a=1", "https://h?a=1"),
        ("https://h/b", "a=1", "https://h/b?a=1"),
        ("https://h/b?", "a=1", "https://h/b?a=1"),
        ("https://h/b?c=2", "a=1", "https://h/b?c=2&a=1"),
        ("https://h/b?c=2&", "a=1", "https://h/b?c=2&a=1"),
        ("https://h/b?c=2#d?e", "a=1", "https://h/b?c=2&a=1#d?e"),
        ("https://h/b?c=2", "", "https://h/b?c=2"),
    ],
)
def test_parameters_are_added(url: str, query: str, joined: str) -> None:
    """Behind those that are there, before the fragment."""
    assert with_query(url, query) == joined
