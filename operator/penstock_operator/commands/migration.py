"""`python -m penstock_operator migrate`: brings the database to this release, as the operator itself does when it starts."""

import argparse
from datetime import UTC, datetime
from typing import Final

from penstock_core.store.schema.migrate import migrate
from penstock_operator.commands.command import Command, Variables


def _arguments(parser: argparse.ArgumentParser, variables: Variables) -> None:
    parser.add_argument("--dsn", default=variables.get("PENSTOCK_DSN", ""), help="default: PENSTOCK_DSN")


async def _run(options: argparse.Namespace, _: Variables) -> int:
    await migrate(options.dsn, datetime.now(UTC))
    return 0


COMMAND: Final = Command(help="bring the database to this release, then end", arguments=_arguments, run=_run)
