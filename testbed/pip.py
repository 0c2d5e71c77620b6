"""What pip needs to know of this machine's network when it runs inside an image build."""

import configparser
import io
from collections.abc import Mapping
from pathlib import Path

SYSTEM_FILE = Path("/etc/pip.conf")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# Options that say how a package index is reached; others (a directory of this machine, say) mean nothing inside.
NETWORK_OPTIONS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")


def configuration(environment: Mapping[str, str], system_file: Path = SYSTEM_FILE) -> str:
    """Return a pip.conf with the network options of the machine's file and of the PIP_ variables, which win."""
    machine = configparser.RawConfigParser()
    machine.read(system_file)
    options = dict(machine["global"]) if machine.has_section("global") else {}
    options |= {
        option: environment[variable] for option in NETWORK_OPTIONS if (variable := _variable(option)) in environment
    }
    inside = configparser.RawConfigParser()
    inside["global"] = {option: value for option, value in options.items() if option in NETWORK_OPTIONS}
    inside["global"]["cert"] = str(CERTIFICATES)
    text = io.StringIO()
    inside.write(text)
    return text.getvalue()


def certificates(environment: Mapping[str, str]) -> Path | None:
    """Return the file of the authorities that this machine trusts, if there is one."""
    named = environment.get("PIP_CERT") or environment.get("SSL_CERT_FILE") or str(CERTIFICATES)
    return Path(named) if Path(named).is_file() else None


def _variable(option: str) -> str:
    return "PIP_" + option.replace("-", "_").upper()
