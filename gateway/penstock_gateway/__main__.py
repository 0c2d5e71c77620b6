"""`python -m penstock_gateway`: the environment is read here, once."""

import os
import sys

import uvloop

from penstock_gateway import logs, settings
from penstock_gateway.server.server import serve


def main() -> None:
    """Run until a signal; the exit code is 2 where a setting is missing."""
    logs.configure(os.environ.get("PENSTOCK_LOG_LEVEL", "INFO").upper())
    try:
        chosen = settings.from_environment(os.environ)
    except settings.SettingsError as error:
        print(f"penstock_gateway: {error}", file=sys.stderr)
        sys.exit(2)
    uvloop.run(serve(chosen))


if __name__ == "__main__":
    main()
