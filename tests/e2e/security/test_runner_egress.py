"""Where runner pods may go, as the API server sees it: what the chart's values become is a policy that it takes."""

import json
from pathlib import Path

import yaml

from kubectl import kubectl, run
from penstock_core.manifests.egress import runner_policy

CHART = Path(__file__).parents[3] / "charts" / "penstock"


def test_the_api_server_takes_the_policy(cluster: None) -> None:
    """The rules of the chart's own values, in the operator's object, are valid to the API server."""
    on = "networkPolicy.runnerEgress.enabled=true"
    text = run("helm", "template", "penstock", str(CHART), "--namespace", "penstock-system", "--set", on)
    [operator] = [
        document
        for document in yaml.safe_load_all(text)
        if document and (document["kind"], document["metadata"]["name"]) == ("Deployment", "penstock-operator")
    ]
    variables = {
        each["name"]: each.get("value") for each in operator["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    rules = json.loads(variables["PENSTOCK_RUNNER_EGRESS"])
    policy = runner_policy(
        release="penstock-system.penstock", release_name="penstock", namespace="default", rules=rules
    )

    kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(policy))

    assert len(rules) >= 4
