"""A tenant who uses all that its namespace holds harms itself alone: a neighbour's executions run on, and are its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.conninfo import make_conninfo
from testbed.release import reached

from hostile import Hostile
from installation import Installation, deploy, instance, integration, steps, webhook_flow
from kubectl import secret

EXECUTIONS = 12
STEPS = [{"name": "one", "set": {"value": "${trigger.body.number}"}}, {"name": "two", "set": {"value": 2}}]


@contextmanager
def attacker(penstock: Installation, namespace: str) -> Iterator[Hostile]:
    """Somebody with the credentials of a namespace, and a webhook there that anybody may call."""
    dsn = secret("penstock-database-penstock", "dsn", namespace=namespace)
    with reached("penstock-postgres", 5432, namespace=penstock.namespace) as (host, port):
        yield Hostile(
            dsn=make_conninfo(dsn, host=host, port=port),
            base=str(penstock.client.base_url).rstrip("/"),
            path=f"/hooks/{namespace}/acme/order",
        )


def test_a_hostile_neighbour_disturbs_nobody(penstock: Installation, tenant: str, hostile: str) -> None:
    """While another tenant locks, asks, uploads and posts as much as it can, executions pass with the steps that they ran."""
    deploy(tenant, integration("one", [webhook_flow("order", STEPS)]), instance("acme", "one"))
    open_flow = webhook_flow("order", STEPS)
    open_flow["trigger"]["webhook"]["security"] = "none"
    deploy(hostile, integration("one", [open_flow]), instance("acme", "one"))
    accepted: list[str] = [penstock.send(tenant, "acme", "order", {"number": 0})]

    with attacker(penstock, hostile) as evil, evil.attacking(lambda: list(accepted)) as tally:
        accepted.extend(penstock.send(tenant, "acme", "order", {"number": number}) for number in range(1, EXECUTIONS))
        ended = [penstock.ended(identifier) for identifier in accepted]

    assert [execution["status"] for execution in ended] == ["passed"] * EXECUTIONS
    for number, execution in enumerate(ended):
        assert sorted(steps(execution)) == ["one", "two"]
        assert {step["attempt"] for step in execution["steps"]} == {1}
        assert penstock.value(execution["id"], "one") == number
    assert tally.got == []
    assert tally.refused > 0
