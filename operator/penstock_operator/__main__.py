"""`python -m penstock_operator [COMMAND]`: reads the environment once and runs one of the commands of the table."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Final

from penstock_operator import logs
from penstock_operator.commands import cleanup, crds, label_namespace, migration, send_webhook, stop_release
from penstock_operator.commands.command import Command, Environment
from penstock_operator.errors import SettingsError
from penstock_operator.process.replica import Replica
from penstock_operator.settings import from_environment


async def _run(_: argparse.Namespace, environment: Environment) -> int:
    return await Replica(from_environment(environment)).run()


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


def main() -> int:
    """Exit code 0 where the command did its work, 2 where the environment is incomplete."""
    environment = dict(os.environ)
    options = parser(environment).parse_args()
    command = COMMANDS[options.command or DEFAULT]
    if command.for_people:
        logs.speak_plainly()
    else:
        logs.configure(environment.get("PENSTOCK_LOG_LEVEL") or "info")
    try:
        return asyncio.run(command.run(options, environment))
    except SettingsError as error:
        print(f"penstock-operator: {error}", file=sys.stderr)
        return 2


def parser(environment: Environment) -> argparse.ArgumentParser:
    """The command line; defaults of arguments come from the environment."""
    found = argparse.ArgumentParser(prog="penstock_operator", description=__doc__)
    commands = found.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        command.arguments(commands.add_parser(name, help=command.help), environment)
    return found


if __name__ == "__main__":
    sys.exit(main())
