"""What a python step starts harms its own execution alone."""

from installation import Installation, deploy, instance, integration, webhook_flow

FORKS = """
import os, time

def run(context):
    for _ in range(700):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    time.sleep(600)
"""


def test_too_many_processes_end_and_the_flow_goes_on(penstock: Installation, tenant: str) -> None:
    """The step fails in words, all that it started is gone, and the next python step of the same runner has its turn."""
    steps = [
        {"name": "many", "python": {"code": FORKS}, "onError": "continue"},
        {"name": "after", "python": {"code": "def run(context):\n    return 1\n"}},
    ]
    hungry = instance("acme", "forks", flows={"order": {"resources": {"limits": {"memory": "1Gi"}}}})
    deploy(tenant, integration("forks", [webhook_flow("order", steps)]), hungry)

    identifier = penstock.send(tenant, "acme", "order", {})
    assert penstock.ended(identifier)["status"] == "completed_with_errors"
    many, after = penstock.execution(identifier)["steps"]
    assert (many["status"], many["error"]["code"]) == ("failed", "python_processes")
    assert "more than 500 processes" in many["error"]["message"]
    assert (after["status"], penstock.value(identifier, "after")) == ("passed", 1)
