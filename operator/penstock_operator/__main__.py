"""`python -m penstock_operator [COMMAND]`: reads the environment once and runs one of the commands of the table."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from typing import Final

import uvloop

from penstock_core import logs
from penstock_core.errors import SettingsError
from penstock_operator.commands import cleanup, crds, label_namespace, migration, send_webhook, stop_release
from penstock_operator.commands.command import Command, Variables
from penstock_operator.process.replica import Replica
from penstock_operator.settings import from_environment


async def _run(_: argparse.Namespace, variables: Variables) -> int:
    return await Replica(from_environment(variables)).run()


DEFAULT: Final = "run"
COMMANDS: Final[Mapping[str, Command]] = {
    DEFAULT: Command(help="run the operator (the default)", run=_run),
    "migrate": migration.COMMAND,
    "crds": crds.COMMAND,
    "cleanup": cleanup.COMMAND,
    "label-namespace": label_namespace.COMMAND,
    "stop-release": stop_release.COMMAND,
    "send-webhook": send_webhook.COMMAND,
}

_QUIET = ("kopf", "kubernetes", "aiohttp", "psycopg", "asyncio")
"""Libraries that tell every step of theirs below a warning."""


def main() -> int:
    """Exit code 0 where the command did its work, 2 where the environment is incomplete."""
    variables = dict(os.environ)
    options = parser(variables).parse_args()
    command = COMMANDS[options.command or DEFAULT]
    quiet = dict.fromkeys(_QUIET, logging.WARNING)
    if command.for_people:
        logs.speak_plainly(libraries=quiet)
    else:
        logs.configure(variables.get("PENSTOCK_LOG_LEVEL") or "info", libraries=quiet)
    try:
        return uvloop.run(command.run(options, variables))
    except SettingsError as error:
        print(f"penstock-operator: {error}", file=sys.stderr)
        return 2


def parser(variables: Variables) -> argparse.ArgumentParser:
    """The command line; defaults of arguments come from the environment."""
    found = argparse.ArgumentParser(prog="penstock_operator", description=__doc__)
    commands = found.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        command.arguments(commands.add_parser(name, help=command.help), variables)
    return found


if __name__ == "__main__":
    sys.exit(main())
