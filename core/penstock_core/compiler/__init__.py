"""Checks an Integration before it is published, and turns its flows into what the runner interprets.

Pure: mappings as the API server gives them come in; problems, definitions and values go out.
What the API server's schema cannot say is checked here: nesting, names, references, expressions, schedules, code.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from penstock_core.compiler.configuration import check_default, check_pattern, resolve_config
from penstock_core.compiler.definition import build_definition, definition_hash
from penstock_core.compiler.fields import check_time_zone
from penstock_core.compiler.flows import FlowChecker
from penstock_core.compiler.problems import MAX_PROBLEMS, Problem, Verdict, bounded, of_schema
from penstock_core.compiler.step_check import TooMany
from penstock_core.connections import TYPES
from penstock_core.cron import check_cron, cron_fields
from penstock_core.errors import ExpressionError, InvalidInput
from penstock_core.expressions import Scope
from penstock_core.expressions.reading.budget import Budget, Exhausted
from penstock_core.expressions.reading.tokens import parts
from penstock_core.http.header_fields import name_problem
from penstock_core.resources import Connection, IntegrationSpec

__all__ = [
    "MAX_PROBLEMS",
    "Problem",
    "Verdict",
    "build_definition",
    "check_cron",
    "check_integration",
    "check_time_zone",
    "compile_integration",
    "cron_fields",
    "definition_hash",
    "resolve_config",
]


def compile_integration(spec: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with an Integration's `spec`; none: it can be published."""
    return list(check_integration(spec).problems)


def check_integration(spec: Mapping[str, Any]) -> Verdict:
    """Problems and warnings of an Integration's `spec`: of each at most `MAX_PROBLEMS`, and one that counts the rest."""
    try:
        integration = IntegrationSpec.model_validate(spec)
    except ValidationError as failure:
        return Verdict(problems=bounded(of_schema(failure, spec)))
    flows = _flows(integration)
    problems = [*_names(integration), *_config(integration), *_connections(integration), *flows.problems]
    return Verdict(problems=bounded(problems), warnings=bounded(flows.warnings, what="warnings"))


MAX_COMPUTED: Final = 20_000
"""Of all computed expressions of an Integration together, as `Budget` counts them: two seconds of compiling."""


def _names(spec: IntegrationSpec) -> list[Problem]:
    lists = (
        ("flows", [flow.name.lower() for flow in spec.flows], "upper and lower case count the same"),
        ("configVariables", [variable.name for variable in spec.config_variables or []], "names are unique"),
        ("connections", [connection.name for connection in spec.connections or []], "names are unique"),
    )
    return [
        Problem(field=f"{field}[{index}].name", message=f"`{name}` is there twice, and {why}: rename one of them")
        for field, found, why in lists
        for index, name in enumerate(found)
        if name in found[:index]
    ]


def _config(spec: IntegrationSpec) -> list[Problem]:
    problems = []
    for variable in spec.config_variables or []:
        place = f"configVariables.{variable.name}"
        raw = variable.model_dump(by_alias=True, exclude_none=True)
        if (variable.type == "picklist") != bool(variable.options):
            problems.append(Problem(field=f"{place}.options", message="a picklist has options, and nothing else has"))
            continue
        for member, check in (("pattern", check_pattern), ("default", check_default)):
            try:
                check(raw)
            except InvalidInput as failure:
                problems.append(Problem(field=f"{place}.{member}", message=str(failure)))
                break
    return problems


def _connections(spec: IntegrationSpec) -> list[Problem]:
    return [
        Problem(field=f"connections.{connection.name}.{field}", message=message)
        for connection in spec.connections or []
        for field, message in _connection(connection)
    ]


def _connection(connection: Connection) -> list[tuple[str, str]]:
    if not TYPES[connection.type].declares_fields:
        problem = name_problem(connection.header or "Authorization")
        return [("header", problem)] if problem else []
    fields = connection.fields or []
    if not fields:
        return [("fields", "a custom connection needs fields: list those of its Secret")]
    problems = []
    for header, text in (connection.headers or {}).items():
        if problem := name_problem(header):
            problems.append((f"headers.{header}", problem))
        problems += [(f"headers.{header}", message) for message in _header_text(text, fields)]
    return problems


def _header_text(text: str, fields: Sequence[str]) -> list[str]:
    """What is wrong with a text whose `${…}` are fields of the Secret."""
    try:
        names = [part.text.strip() for part in parts(text) if part.expression]
    except ExpressionError as failure:
        return [str(failure)]
    return [
        f"`${{{name}}}` is none of the fields: write one of {', '.join(fields)}, or add it"
        for name in names
        if name not in fields
    ]


def _flows(spec: IntegrationSpec) -> Verdict:
    base = Scope.of(config=[variable.name for variable in spec.config_variables or []], budget=Budget(MAX_COMPUTED))
    connections = frozenset(connection.name for connection in spec.connections or [])
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for flow in spec.flows:
        checker = FlowChecker(flow=flow, base=base, connections=connections)
        try:
            problems += checker.check()
            warnings += checker.warned
        except TooMany:
            return Verdict(problems=[*problems, *checker.found], warnings=[*warnings, *checker.warned])
        except Exhausted:
            message = (
                f"the Integration computes too much to be compiled: up to here its expressions count more than {MAX_COMPUTED},"
                " one for each and one for each 16 characters of it; leave larger work to python steps, repeat expressions as they are, or split the Integration"
            )
            return Verdict(problems=[*problems, Problem(flow=flow.name, message=message)], warnings=warnings)
    return Verdict(problems=problems, warnings=warnings)
