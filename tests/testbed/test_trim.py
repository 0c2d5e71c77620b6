"""What is taken out of an image's libraries: nothing that is loaded, and nothing that is not there any more."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "images" / "trim.py"


@pytest.fixture(scope="module")
def trim() -> ModuleType:
    """The script as a module: it lies where images are made, not where programs are imported from."""
    spec = importlib.util.spec_from_file_location("trim", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_unused_is_there(trim: ModuleType) -> None:
    """should name only what the pinned libraries have: a pattern that finds nothing hides that something moved."""
    installed = Path(str(importlib.metadata.distribution("zstandard").locate_file("")))

    assert [pattern for pattern in trim.UNUSED if next(installed.glob(pattern), None) is None] == []


def test_strip_keeps_what_is_loaded(trim: ModuleType, tmp_path: Path) -> None:
    """should make a library smaller which still loads and works."""
    package = tmp_path / "zstandard"
    shutil.copytree(str(importlib.metadata.distribution("zstandard").locate_file("zstandard")), package)
    before = sum(path.stat().st_size for path in package.glob("*.so"))

    trim.remove_unused(tmp_path)
    for library in package.glob("*.so"):
        trim.strip(library)

    after = sum(path.stat().st_size for path in package.glob("*.so"))
    assert after < before / 4
    words = (
        "import zstandard; c = zstandard.compress(b'x' * 9999); print(zstandard.__file__, len(zstandard.decompress(c)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", words], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(package / "__init__.py"), "9999"]


def test_strip_leaves_other_files(trim: ModuleType, tmp_path: Path) -> None:
    """should leave alone what is no 64-bit little-endian ELF file."""
    script = tmp_path / "libfoo.so"
    script.write_bytes(b"/* GNU ld script */")

    assert trim.strip(script) == 0
    assert script.read_bytes() == b"/* GNU ld script */"
