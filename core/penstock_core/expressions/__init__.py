"""Expressions: bare conditions and `${…}` templates.

Evaluation is pure: text, scope and variables in, a plain Python value out.
CEL itself is loaded by the first expression that is more than member access.
Errors are `penstock_core.errors.ExpressionError`, with line and column in the text that was given.
"""

from penstock_core.expressions.conditions import Condition, condition
from penstock_core.expressions.reading.scope import STEP_MEMBERS, TRIGGER_MEMBERS, Scope, UnknownVariable
from penstock_core.expressions.templates import Template, fill, template
from penstock_core.expressions.urls import UrlTemplate, url_template

__all__ = [
    "STEP_MEMBERS",
    "TRIGGER_MEMBERS",
    "Condition",
    "Scope",
    "Template",
    "UnknownVariable",
    "UrlTemplate",
    "condition",
    "fill",
    "template",
    "url_template",
]
