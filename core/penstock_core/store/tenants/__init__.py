"""Namespaces and instances in the store: roles, mirrors, removal."""
