"""Image archives in the OCI layout, put together without any tool.

That makes the pause image, and archives that hold uncompressed layers and only those that the receiver lacks.
"""

import gzip
import hashlib
import io
import json
import platform
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def write_single_program(file: Path, *, program: Path, image: str) -> None:
    """Write the archive of an image that holds one static program and runs it as nobody."""
    layer = _layer(program)
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Entrypoint": [f"/{program.name}"], "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    }
    described = json.dumps(config).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(CONFIG, described),
        "layers": [_descriptor(LAYER, layer)],
    }
    write(
        file,
        image=image,
        manifest=json.dumps(manifest).encode(),
        blobs={digest(blob): blob for blob in (described, layer)},
    )


def write_uncompressed(file: Path, *, image: str, layout: Path) -> None:
    """Write the archive of the one image in an OCI layout, with its layers unpacked and without the blobs that are links."""
    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads(_blob(layout, index["manifests"][0]["digest"]).read_bytes())
    config = _blob(layout, manifest["config"]["digest"])
    blobs: dict[str, bytes | Path] = {manifest["config"]["digest"]: config}
    for layer, unpacked in zip(manifest["layers"], json.loads(config.read_bytes())["rootfs"]["diff_ids"], strict=True):
        source = _blob(layout, unpacked)
        if layer["digest"] != unpacked:
            _unpack(_blob(layout, layer["digest"]), source)
        layer |= {"mediaType": LAYER, "digest": unpacked, "size": source.stat().st_size}
        if not source.is_symlink():
            blobs[unpacked] = source
    write(file, image=image, manifest=json.dumps(manifest).encode(), blobs=blobs)


def write(file: Path, *, image: str, manifest: bytes, blobs: Mapping[str, bytes | Path]) -> None:
    """Write the archive of one image: its manifest, and those of its blobs (by digest) that the receiver lacks."""
    entry = _descriptor(MANIFEST, manifest)
    entry["annotations"] = {"io.containerd.image.name": image, "org.opencontainers.image.ref.name": image}
    index = {"schemaVersion": 2, "manifests": [entry]}
    with tarfile.open(file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        _add(tar, "index.json", json.dumps(index).encode())
        for name, blob in {digest(manifest): manifest, **blobs}.items():
            _add(tar, f"blobs/{name.replace(':', '/')}", blob)


def digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _blob(layout: Path, name: str) -> Path:
    return layout / "blobs" / name.replace(":", "/")


def _unpack(packed: Path, target: Path) -> None:
    with gzip.open(packed) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest(blob), "size": len(blob)}


def _layer(program: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, program.name, program.read_bytes(), mode=0o755)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes | Path, *, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    if isinstance(content, bytes):
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
        return
    entry.size = content.stat().st_size
    with content.open("rb") as stream:
        tar.addfile(entry, stream)
