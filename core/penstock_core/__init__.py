"""What the programs share: resource models, the flow language, names, manifests and the store. Imports neither Kopf nor FastAPI."""

__version__ = "0.1.0"
"""The one version of programs, chart and CRDs; pyproject reads it here."""
