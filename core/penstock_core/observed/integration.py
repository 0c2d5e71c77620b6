"""Integrations and their published versions."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from penstock_core import names
from penstock_core.observed.base import Kept, metadata_of, packed
from penstock_core.observed.content import Content
from penstock_core.observed.objects import Key, Object
from penstock_core.observed.reading import mapping, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration(Kept):
    """An Integration; `published` is the version that it published last."""

    API_VERSION: ClassVar[str] = names.API_VERSION
    KIND: ClassVar[str] = "Integration"

    version: str
    published: str | None
    observed_generation: int

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        status = mapping(raw, "status")
        return cls(
            **metadata_of(raw),
            packed=packed(raw),
            version=text(mapping(raw, "spec"), "version"),
            published=text(status, "publishedVersion") or None,
            observed_generation=number(status, "observedGeneration"),
        )

    @property
    def spec(self) -> dict[str, Any]:
        """The whole spec, which a version fixes; unpacked each time."""
        return dict(mapping(self.manifest(), "spec"))


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationVersion(Kept):
    """A snapshot; `content` is the Integration's spec as it was fixed."""

    API_VERSION: ClassVar[str] = names.API_VERSION
    KIND: ClassVar[str] = "IntegrationVersion"

    integration: str
    version: str
    sha256: str
    content: Content

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        spec = mapping(raw, "spec")
        return cls(
            **metadata_of(raw),
            packed=packed(raw),
            integration=text(spec, "integration"),
            version=text(spec, "version"),
            sha256=text(spec, "sha256"),
            content=Content.parse(mapping(spec, "content")),
        )

    @property
    def publisher(self) -> Key:
        """(namespace, name) of its Integration."""
        return self.namespace, self.integration
