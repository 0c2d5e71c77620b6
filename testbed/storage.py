"""Persistent volumes of the node: directories made in advance, as there is no provisioner."""

import json
import shutil
from pathlib import Path
from typing import Any

from testbed.layout import NODE, STORAGE_CLASS, VOLUME_SIZE, VOLUMES
from testbed.shell import run


def offer(kubectl: list[str], directory: Path) -> None:
    """Make the storage class and its volumes; a volume whose claim is gone is emptied and offered again."""
    for name in _released(kubectl):
        run([*kubectl, "delete", "persistentvolume", name, "--wait=true"])
        shutil.rmtree(directory / name, ignore_errors=True)
    for name in volume_names():
        (directory / name).mkdir(parents=True, exist_ok=True)
        (directory / name).chmod(0o777)
    items = [storage_class(), *(volume(name, directory / name) for name in volume_names())]
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    run([*kubectl, "apply", "--server-side", "--force-conflicts", "--field-manager=testbed", "-f", "-"], stdin=document)


def volume_names() -> list[str]:
    return [f"volume-{number}" for number in range(VOLUMES)]


def storage_class() -> dict[str, Any]:
    """Return the default storage class: a claim waits for its pod, then takes any free volume."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
        "reclaimPolicy": "Retain",
    }


def volume(name: str, place: Path) -> dict[str, Any]:
    """Return one volume, bound to the node, whose directories it is made of."""
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": VOLUME_SIZE},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
            "local": {"path": str(place)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }


def _released(kubectl: list[str]) -> list[str]:
    listed = json.loads(run([*kubectl, "get", "persistentvolumes", "-o", "json"]))
    ours = set(volume_names())
    return [
        pv["metadata"]["name"]
        for pv in listed["items"]
        if pv["metadata"]["name"] in ours and pv["status"].get("phase") == "Released"
    ]
