"""What is in an image, as a file that a scanner reads."""

import json

from testbed import sbom

LISTING = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10
Description: GNU C Library
 Version: of something else

Package: libgone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
\fMetadata-Version: 2.1
Name: typing_extensions
Version: 4.16.0
\fMetadata-Version: 2.4
Name: PyYAML
Version: 6.0.3
"""


def test_components() -> None:
    """should name what Debian and Python say is installed by package URLs, and leave out what was removed."""
    urls = {str(component.purl) for component in sbom.components(LISTING)}

    assert urls == {
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=bookworm",
        "pkg:pypi/typing-extensions@4.16.0",
        "pkg:pypi/pyyaml@6.0.3",
    }


def test_document() -> None:
    """should be CycloneDX that names the image and all its components."""
    found = json.loads(sbom.document("localhost/penstock-runner:0123456789ab", sbom.components(LISTING)))

    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert found["metadata"]["component"]["name"] == "localhost/penstock-runner"
    assert found["metadata"]["component"]["version"] == "0123456789ab"
    assert {component["name"] for component in found["components"]} == {"libc6", "typing-extensions", "pyyaml"}
