"""Image archives."""

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

from testbed import oci


def read(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {entry.name: stream.read() for entry in tar if (stream := tar.extractfile(entry))}


def manifest_of(files: dict[str, bytes]) -> Any:
    entry = json.loads(files["index.json"])["manifests"][0]
    return json.loads(files[f"blobs/{entry['digest'].replace(':', '/')}"])


def test_every_blob_lies_under_its_digest(tmp_path: Path) -> None:
    """containerd finds manifest, configuration and layer, and the image by its name."""
    program = tmp_path / "pause"
    program.write_bytes(b"a program")
    oci.write_single_program(tmp_path / "image.tar", program=program, image="localhost/pause:1")
    files = read(tmp_path / "image.tar")
    blobs = {name: blob for name, blob in files.items() if name.startswith("blobs/")}

    assert len(blobs) == 3
    assert all(name == f"blobs/{oci.digest(blob).replace(':', '/')}" for name, blob in blobs.items())
    annotations = json.loads(files["index.json"])["manifests"][0]["annotations"]
    assert annotations["io.containerd.image.name"] == "localhost/pause:1"


def test_layers_are_unpacked_and_those_that_are_there_left_out(tmp_path: Path) -> None:
    """A link stands for a layer that the receiver has; a packed layer goes under the digest of what it holds."""
    there, code = b"a large layer", b"the code"
    packed = gzip.compress(code)
    config = json.dumps({"rootfs": {"diff_ids": [oci.digest(there), oci.digest(code)]}}).encode()
    layers = [{"digest": oci.digest(there), "size": len(there)}, {"digest": oci.digest(packed), "size": len(packed)}]
    manifest = json.dumps({"config": {"digest": oci.digest(config)}, "layers": layers}).encode()
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for blob in (config, packed, manifest):
        (blobs / oci.digest(blob).partition(":")[2]).write_bytes(blob)
    (tmp_path / "store").write_bytes(there)
    (blobs / oci.digest(there).partition(":")[2]).symlink_to(tmp_path / "store")
    (tmp_path / "layout" / "index.json").write_text(json.dumps({"manifests": [{"digest": oci.digest(manifest)}]}))

    oci.write_uncompressed(tmp_path / "image.tar", image="localhost/x:1", layout=tmp_path / "layout")
    files = read(tmp_path / "image.tar")

    described = [(layer["digest"], layer["size"]) for layer in manifest_of(files)["layers"]]
    assert described == [(oci.digest(there), len(there)), (oci.digest(code), len(code))]
    assert code in files.values()
    assert there not in files.values()
