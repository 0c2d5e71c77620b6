"""pip's configuration inside image builds."""

import configparser
from pathlib import Path

from testbed.pip import CERTIFICATES, configuration


def read(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return dict(parser["global"])


def test_network_options_are_passed_on_and_variables_win(tmp_path: Path) -> None:
    """A machine behind a proxy or a mirror builds images as it installs packages; its directories mean nothing inside."""
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://index.example/simple\ntimeout = 5\nfind-links = /wheels\n")

    found = read(configuration({"PIP_TIMEOUT": "60", "PIP_FIND_LINKS": "/other"}, file))

    assert found == {"index-url": "https://index.example/simple", "timeout": "60", "cert": str(CERTIFICATES)}


def test_a_machine_without_configuration_needs_none(tmp_path: Path) -> None:
    """Then only the place of the certificates is said."""
    assert read(configuration({}, tmp_path / "none")) == {"cert": str(CERTIFICATES)}
