"""Pure builders of Kubernetes manifests: values in, plain dicts out; the only place that spells manifests out.

One module per kind. Nothing here reads a cluster, a clock or an environment; golden files in `tests/unit/manifests` hold the results.
"""
