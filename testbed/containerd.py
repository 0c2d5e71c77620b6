"""Images into the node's containerd, from the machine's side of its socket."""

import tempfile
from pathlib import Path

from testbed import oci
from testbed.errors import TestbedError
from testbed.layout import Layout
from testbed.shell import run

CONTENT = Path("io.containerd.content.v1.content/blobs")


def load(layout: Layout, image: str, exported: Path) -> None:
    """Load what a builder exported: an archive, or an OCI layout in which links stand for what is here already.

    Layers are kept uncompressed, under the digest by which a builder can ask for them the next time.
    """
    if exported.is_dir():
        archive = exported.with_suffix(".tar")
        oci.write_uncompressed(archive, image=image, layout=exported)
        run([*ctr(layout), "images", "import", archive])
    else:
        run([*ctr(layout), "images", "import", exported])
    if not holds(layout, image):
        raise TestbedError(f"{exported} was loaded, but holds no image {image}")


def load_single_program(layout: Layout, program: Path, image: str) -> None:
    """Make an image of one static program and load it."""
    with tempfile.TemporaryDirectory(dir=layout.state / "tmp") as scratch:
        archive = Path(scratch, "image.tar")
        oci.write_single_program(archive, program=program, image=image)
        load(layout, image, archive)


def present(layout: Layout, digest: str) -> Path | None:
    """Return the file of a blob in the node's content store; None where the node has not got it."""
    file = layout.state / "containerd" / CONTENT / digest.replace(":", "/")
    return file if file.exists() else None


def holds(layout: Layout, image: str) -> bool:
    """Tell whether the node has an image of this name."""
    return bool(run([*ctr(layout), "images", "ls", "-q", f"name=={image}"]).strip())


def ctr(layout: Layout) -> list[str]:
    """Return the call of containerd's client for the kubelet's images."""
    return ["ctr", "--address", str(layout.containerd_socket), "--namespace", "k8s.io"]
