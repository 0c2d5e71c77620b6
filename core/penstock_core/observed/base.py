"""What every object has, and how the rest of it is kept small."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from penstock_core import names
from penstock_core.observed.objects import Key, Object
from penstock_core.observed.reading import items, mapping, number, text, texts

_OURS = f"{names.GROUP}/"
_LEFT_OUT = frozenset({"managedFields", "annotations"})
"""Half of a small object's memory: nobody here reads it. Of the annotations, Penstock's own are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """An object's metadata; `created` and `deleted` are RFC 3339, `annotations` are Penstock's own alone."""

    API_VERSION: ClassVar[str] = ""
    KIND: ClassVar[str] = ""

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    created: str
    deleted: str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    finalizers: tuple[str, ...]

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        return cls(**metadata_of(raw))

    @property
    def key(self) -> Key:
        """(namespace, name)."""
        return self.namespace, self.name

    @property
    def is_going(self) -> bool:
        """Whether its deletion was asked for."""
        return self.deleted is not None

    @property
    def fingerprint(self) -> str:
        """What tells a write of ours from others': of the manifest that Penstock applied last, empty where it applied none."""
        return self.annotations.get(names.ANNOTATION_APPLIED, "")

    def regarding(self) -> Object:
        """What names the object elsewhere, as in an Event."""
        named = {
            "name": self.name,
            "namespace": self.namespace,
            "uid": self.uid,
            "resourceVersion": self.resource_version,
        }
        return {"apiVersion": self.API_VERSION, "kind": self.KIND, "metadata": named}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Observed):
    """An object of which all is needed now and then; thousands of them are held, so it is packed meanwhile."""

    packed: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        return cls(**metadata_of(raw), packed=packed(raw))

    def manifest(self) -> Object:
        """The object without what is left out; unpacked for the caller, who may change it."""
        found: Object = json.loads(zlib.decompress(self.packed))
        return found

    @property
    def status(self) -> Mapping[str, Any]:
        """The object's status as it stands there; unpacked each time."""
        return mapping(self.manifest(), "status")


def fingerprint_of(content: Mapping[str, Any]) -> str:
    """sha256 over canonical JSON, 64 hex digits."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def metadata_of(raw: Object) -> dict[str, Any]:
    """The members of `Observed`."""
    metadata = mapping(raw, "metadata")
    return {
        "namespace": text(metadata, "namespace"),
        "name": text(metadata, "name"),
        "uid": text(metadata, "uid"),
        "resource_version": str(metadata.get("resourceVersion", "")),
        "generation": number(metadata, "generation"),
        "created": text(metadata, "creationTimestamp"),
        "deleted": text(metadata, "deletionTimestamp") or None,
        "labels": texts(metadata, "labels"),
        "annotations": {
            name: value
            for name, value in mapping(metadata, "annotations").items()
            if name.startswith(_OURS) and isinstance(value, str)
        },
        "finalizers": tuple(str(one) for one in items(metadata, "finalizers")),
    }


def packed(raw: Object) -> bytes:
    """The object without what is left out, compressed."""
    metadata = mapping(raw, "metadata")
    kept = {name: value for name, value in metadata.items() if name not in _LEFT_OUT}
    ours = {name: value for name, value in mapping(metadata, "annotations").items() if name.startswith(_OURS)}
    whole = {**raw, "metadata": {**kept, "annotations": ours} if ours else kept}
    return zlib.compress(json.dumps(whole, separators=(",", ":")).encode(), 1)
