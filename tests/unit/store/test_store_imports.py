"""What the runner's part of the store may import."""

import subprocess
import sys


def test_the_runners_part_imports_no_pool_and_no_framework() -> None:
    """Importing `store.running` brings psycopg and the standard library, and none of the other programs' libraries."""
    code = "import sys, penstock_core.store.executions.running; print(*sorted({name.split('.')[0] for name in sys.modules}))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "psycopg" in loaded
    assert {"psycopg_pool", "pydantic", "kubernetes", "fastapi", "kopf"}.isdisjoint(loaded)


def test_the_runners_part_leaves_the_other_modules_of_the_store_alone() -> None:
    """Importing `store.running` loads the values that the runner uses, not all of them."""
    code = "import sys, penstock_core.store.executions.running; print(*(name for name in sys.modules if 'core.store' in name))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert sorted(loaded) == [
        "penstock_core.store",
        "penstock_core.store.connection",
        "penstock_core.store.connection.faults",
        "penstock_core.store.connection.queries",
        "penstock_core.store.executions",
        "penstock_core.store.executions.records",
        "penstock_core.store.executions.running",
    ]
