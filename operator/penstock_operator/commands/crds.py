"""`python -m penstock_operator crds`: brings the cluster's CRDs to this release, never back to an older one."""

import argparse
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from penstock_core.cluster import CRDS, Cluster, Object
from penstock_core.errors import NotFound, SettingsError
from penstock_core.resources.crd import RELEASE_ANNOTATION
from penstock_core.versions import precedence
from penstock_operator.commands.command import Command, Variables, connected

log = logging.getLogger(__name__)


def shipped(folder: Path) -> list[Object]:
    """The CRDs of this release, from the YAML files of a folder."""
    return [item for file in sorted(folder.glob("*.yaml")) for item in yaml.safe_load_all(file.read_text()) if item]


async def apply_all(cluster: Cluster, definitions: Iterable[Mapping[str, Any]]) -> None:
    """Applies each CRD server-side unless the cluster has a newer one; waits for nothing."""
    for wanted in definitions:
        name = wanted["metadata"]["name"]
        current = await _current(cluster, name)
        if current is not None and is_downgrade(current, wanted):
            log.info("newer definition kept", extra={"crd": name, "version": release_of(current)})
            continue
        await cluster.apply(CRDS, None, wanted)
        log.info("definition applied", extra={"crd": name, "version": release_of(wanted)})


def is_downgrade(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """True where the cluster's definition is of a later release than ours."""
    theirs, ours = release_of(current), release_of(wanted)
    return bool(theirs and ours) and precedence(theirs) > precedence(ours)


def release_of(definition: Mapping[str, Any]) -> str:
    """The release that a CRD came with; empty where it does not say."""
    return str((definition["metadata"].get("annotations") or {}).get(RELEASE_ANNOTATION, ""))


async def _current(cluster: Cluster, name: str) -> Object | None:
    try:
        return await cluster.get(CRDS, None, name)
    except NotFound:
        return None


def _arguments(parser: argparse.ArgumentParser, variables: Variables) -> None:
    directory = Path(variables.get("PENSTOCK_CRDS", "/opt/penstock/crds"))
    parser.add_argument("--directory", type=Path, default=directory)


async def _run(options: argparse.Namespace, _: Variables) -> int:
    definitions = shipped(options.directory)
    if not definitions:
        raise SettingsError(f"no CRDs in {options.directory}")
    async with connected() as cluster:
        await apply_all(cluster, definitions)
    return 0


COMMAND: Final = Command(help="bring the cluster's CRDs to this release, then end", arguments=_arguments, run=_run)
