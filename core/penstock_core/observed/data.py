"""Secrets and ConfigMaps."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from penstock_core.observed.base import Observed, metadata_of
from penstock_core.observed.objects import Object
from penstock_core.observed.reading import mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Observed):
    """A Secret; the values of `data` are base64, and stand in no log."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Secret"

    data: Mapping[str, str] = field(repr=False)

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        return cls(**metadata_of(raw), data=_data(raw))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMap(Observed):
    """A ConfigMap."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "ConfigMap"

    data: Mapping[str, str] = field(repr=False)

    @classmethod
    def seen(cls, raw: Object) -> Self:
        """Which one is there, in which version, and nothing else of it: clusters hold many that are nobody's business here."""
        metadata = {name: value for name, value in mapping(raw, "metadata").items() if name in _SEEN}
        return cls(**metadata_of({"metadata": metadata}), data={})

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        return cls(**metadata_of(raw), data=_data(raw))


_SEEN: Final = frozenset({"name", "namespace", "uid", "resourceVersion", "creationTimestamp"})


def _data(raw: Object) -> dict[str, str]:
    return {sys.intern(name): value for name, value in mapping(raw, "data").items() if isinstance(value, str)}
