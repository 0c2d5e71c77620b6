"""`python -m penstock_operator [run | migrate | crds | cleanup]`: reads the environment once and runs one of these."""

import argparse
import asyncio
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from penstock_core import logs
from penstock_core.cluster import Cluster
from penstock_core.errors import SettingsError
from penstock_core.store.schema.migrate import migrate
from penstock_operator.commands.cleanup import remove_finalizers
from penstock_operator.commands.crds import apply_all, shipped
from penstock_operator.process.replica import Replica
from penstock_operator.settings import Settings, from_environment, watched_namespaces

_QUIET = ("kopf", "kubernetes", "aiohttp", "psycopg", "asyncio")
"""Libraries that tell every step of theirs below a warning."""


def main() -> int:
    """Exit code 0 where the command did its work, 2 where the environment is incomplete."""
    options = _parser().parse_args()
    logs.configure(os.environ.get("PENSTOCK_LOG_LEVEL") or "info", libraries=dict.fromkeys(_QUIET, logging.WARNING))
    try:
        return asyncio.run(_command(options))
    except SettingsError as error:
        print(f"penstock-operator: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="penstock_operator", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="run the operator (the default)")
    migration = commands.add_parser("migrate", help="bring the database to this release, then end")
    migration.add_argument("--dsn", default=os.environ.get("PENSTOCK_DSN", ""), help="default: PENSTOCK_DSN")
    crds = commands.add_parser("crds", help="bring the cluster's CRDs to this release, then end")
    crds.add_argument("--directory", type=Path, default=Path(os.environ.get("PENSTOCK_CRDS", "/opt/penstock/crds")))
    commands.add_parser("cleanup", help="remove Penstock's finalizers, then end")
    return parser


async def _command(options: argparse.Namespace) -> int:
    if options.command == "migrate":
        await migrate(options.dsn, datetime.now(UTC))
        return 0
    if options.command in {"crds", "cleanup"}:
        return await _with_cluster(options)
    settings: Settings = from_environment(os.environ)
    return await Replica(settings).run()


async def _with_cluster(options: argparse.Namespace) -> int:
    cluster = await Cluster.connect()
    try:
        if options.command == "cleanup":
            await remove_finalizers(
                cluster, watched_namespaces(os.environ), release=os.environ.get("PENSTOCK_RELEASE", "")
            )
            return 0
        definitions = shipped(options.directory)
        if not definitions:
            print(f"penstock-operator: no CRDs in {options.directory}", file=sys.stderr)
            return 2
        await apply_all(cluster, definitions)
        return 0
    finally:
        await cluster.close()


if __name__ == "__main__":
    sys.exit(main())
