"""Integrations: checked and published as versions."""
