"""What is in the images: a bill of materials each, in CycloneDX, read from the image itself and not from what was asked for.

Whoever must know whether a vulnerable library is in an image asks the file, or gives it to a scanner.
"""

from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import HeaderParser

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from testbed import builders, images
from testbed.base import SUITE
from testbed.console import say
from testbed.layout import Layout

SEPARATOR = "\f"
# Debian's own list of what is installed, and the head of what each Python distribution says of itself.
LISTING = """\
cat /var/lib/dpkg/status
find / -xdev -path '*.dist-info/METADATA' 2>/dev/null | while read -r file; do printf '\\f'; sed '/^$/q' "$file"; done
"""


def write_all(layout: Layout, builder: builders.Builder) -> None:
    """Write build/sbom/<program>.cdx.json for each image of the last build."""
    directory = layout.images_file.parent / "sbom"
    directory.mkdir(parents=True, exist_ok=True)
    for program, name in images.built(layout).items():
        found = sorted(components(builder.output(name, LISTING)), key=str)
        file = directory / f"{program}.cdx.json"
        file.write_text(document(name, found))
        say(f"  {file}: {len(found)} components")


def document(image: str, found: Iterable[Component]) -> str:
    """The bill of an image, as CycloneDX 1.6 in JSON."""
    repository, _, tag = image.rpartition(":")
    whole = Component(name=repository, version=tag, type=ComponentType.CONTAINER)
    bom = Bom(components=found)
    bom.metadata.component = whole
    bom.register_dependency(whole, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def components(listing: str) -> Iterator[Component]:
    """What `LISTING` printed, as components with a package URL; packages that are no longer installed are left out."""
    debian, *python = listing.split(SEPARATOR)
    for paragraph in debian.split("\n\n"):
        package = HeaderParser().parsestr(paragraph.strip())
        if package["Status"] == "install ok installed":
            yield _component(package["Package"], package["Version"], _debian_url(package))
    for text in python:
        distribution = HeaderParser().parsestr(text)
        name = distribution["Name"].lower().replace("_", "-")
        yield _component(name, distribution["Version"], PackageURL("pypi", None, name, distribution["Version"]))


def _component(name: str, version: str, url: PackageURL) -> Component:
    return Component(name=name, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=url.to_string())


def _debian_url(package: Message) -> PackageURL:
    qualifiers = {"arch": package["Architecture"], "distro": SUITE}
    return PackageURL("deb", "debian", package["Package"], package["Version"], qualifiers)
