"""`python -m penstock_gateway`: the environment is read here, once."""

import logging
import os
import sys

import uvloop

from penstock_core import logs
from penstock_core.errors import SettingsError
from penstock_gateway import settings
from penstock_gateway.server.server import serve


def main() -> None:
    """Run until a signal; the exit code is 2 where a setting is missing."""
    # the pool warns of each connection that it could not make; what that means for a request is logged by who needed it
    logs.configure(os.environ.get("PENSTOCK_LOG_LEVEL") or "info", libraries={"psycopg.pool": logging.ERROR})
    try:
        chosen = settings.from_environment(os.environ)
    except SettingsError as error:
        print(f"penstock_gateway: {error}", file=sys.stderr)
        sys.exit(2)
    uvloop.run(serve(chosen))


if __name__ == "__main__":
    main()
