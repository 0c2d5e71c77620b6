"""From an Integration's config variables and an Instance's values to what the flows see."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from penstock_core.compiler.habits import YAML_WORDS, of_key
from penstock_core.errors import ExpressionError, InvalidInput
from penstock_core.expressions import patterns
from penstock_core.expressions.quoting import did_you_mean, listed, near, quoted, shortened

Variable = Mapping[str, Any]

MAX_MATCHED: Final = 512
"""Characters of a value that has a pattern: matching takes half a millisecond for each of them at worst."""


def resolve_config(
    variables: Sequence[Variable], values: Mapping[str, Any], texts: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The value of every variable, and a sentence for each that is missing, wrong or unknown.

    `variables` is the Integration's list, `values` the Instance's `config`; `texts`, the data of ConfigMaps, are weaker,
    are converted to the variable's type, and may hold keys that are no variables. A variable without a value is None.
    """
    texts = texts or {}
    resolved: dict[str, Any] = {}
    known = [variable["name"] for variable in variables]
    problems = [f"config.{name}: {_unknown(name, known)}" for name in values if name not in known]
    for variable in variables:
        name = variable["name"]
        resolved[name] = None
        try:
            resolved[name] = _value(variable, values, texts)
        except InvalidInput as failure:
            problems.append(f"config.{name}: {failure}")
    return resolved, problems


def _unknown(name: str, known: Sequence[str]) -> str:
    """The Integration has no such variable; what it has instead."""
    hint = of_key(name) or did_you_mean(near(name, known))
    has = f"the Integration has no such variable (it has: {listed(known) or 'none'}): remove it, or correct its name"
    return f"{has}; {hint}" if hint else has


def check_pattern(variable: Variable) -> None:
    """Raises `InvalidInput` where the variable's pattern is none."""
    if "pattern" not in variable:
        return
    try:
        patterns.check(variable["pattern"])
    except ExpressionError as failure:
        raise InvalidInput(_no_pattern(variable["pattern"], failure)) from failure


def check_default(variable: Variable) -> None:
    """Raises `InvalidInput` where the variable's default is not a value of it."""
    if variable.get("default") is not None:
        _checked(variable, variable["default"])


def _value(variable: Variable, values: Mapping[str, Any], texts: Mapping[str, str]) -> Any:
    name = variable["name"]
    if values.get(name) is not None:
        return _checked(variable, values[name])
    if name in texts:
        return _checked(variable, _from_text(variable["type"], texts[name]))
    if variable.get("default") is not None:
        return variable["default"]
    if variable.get("required"):
        purpose = f" ({variable['description']})" if variable.get("description") else ""
        raise InvalidInput(f"required{purpose}, and has no value: set spec.config.{name}")
    return None


def _from_text(kind: str, text: str) -> Any:
    """A ConfigMap holds texts alone; what does not read as the type stays a text, and is refused as one."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.strip(), text)
    if kind == "number":
        for read in (int, float):
            try:
                return read(text)
            except ValueError:
                continue
    return text


def _checked(variable: Variable, value: Any) -> Any:
    _CHECKS[variable["type"]](variable, value)
    return value


def _string(variable: Variable, value: Any) -> None:
    if not isinstance(value, str):
        yaml = f" ({YAML_WORDS})" if isinstance(value, bool) else ""
        raise InvalidInput(f"{quoted(value)} is not a string: put it in quotes{yaml}")
    if variable.get("format") == "uri" and not _is_address(value):
        raise InvalidInput(
            f"{quoted(value)} is not an address: write one that begins with https:// or http:// and a host"
        )
    if "pattern" in variable:
        _match(variable["pattern"], value)


def _match(pattern: str, value: str) -> None:
    if len(value) > MAX_MATCHED:
        raise InvalidInput(
            f"{quoted(value)} has {len(value)} characters: a value with a pattern has {MAX_MATCHED} at most"
        )
    try:
        found = patterns.matches(pattern, value)
    except ExpressionError as failure:
        raise InvalidInput(_no_pattern(pattern, failure)) from failure
    if not found:
        raise InvalidInput(f"{quoted(value)} does not match the pattern {pattern}: correct the value")


def _no_pattern(pattern: str, failure: ExpressionError) -> str:
    return (
        f"the pattern `{shortened(pattern)}` cannot be used ({failure}): write it in the syntax of RE2, which has neither"
        " look-around nor back-references"
    )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def _number(variable: Variable, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"{quoted(value)} is not a number: write it without quotes, as in 12.5")
    if "minimum" in variable and value < variable["minimum"]:
        raise InvalidInput(f"{value} is below the minimum {variable['minimum']}: raise it")
    if "maximum" in variable and value > variable["maximum"]:
        raise InvalidInput(f"{value} is above the maximum {variable['maximum']}: lower it")


def _boolean(variable: Variable, value: Any) -> None:
    if not isinstance(value, bool):
        raise InvalidInput(f"{quoted(value)} is not a boolean: write true or false, without quotes")


def _picklist(variable: Variable, value: Any) -> None:
    if value not in variable["options"]:
        options = variable["options"]
        raise InvalidInput(f"{quoted(value)} is not an option: {_choice(value, options)}")


def _choice(value: Any, options: Sequence[str]) -> str:
    choice = f"choose one of {listed(options)}"
    if isinstance(value, bool):
        return f"{choice}; {YAML_WORDS}"
    close = did_you_mean(near(value, options)) if isinstance(value, str) else ""
    return f"{choice}; {close}" if close else choice


_CHECKS: Final[Mapping[str, Callable[[Variable, Any], None]]] = {
    "string": _string,
    "number": _number,
    "boolean": _boolean,
    "picklist": _picklist,
}
