"""Writes the reference for authors: docs/language.md from models and tables, docs/cookbook from recipes.

Nothing of it runs in a program, so that it may read all of them: `make fix` writes, `make check` compares.
"""
