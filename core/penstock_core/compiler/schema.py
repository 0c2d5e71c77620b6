"""What the models refuse, in sentences: the problem, and what to write instead.

The API server refuses the same in words of its own, so most of these come from manifests that never met one.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from penstock_core.compiler.habits import YAML_WORDS, of_key
from penstock_core.expressions.quoting import did_you_mean, near
from penstock_core.expressions.quoting import quoted as _json
from penstock_core.resources.integration import CONNECTION_TYPES, VARIABLE_TYPES
from penstock_core.resources.steps import STEP_NAME

_WHEN: Final = (
    "the condition for another attempt is called `when` here, because YAML reads a bare `on` as true: rename it"
)
_SERVICE: Final = "is not in this release: reach it through a service that speaks HTTP, with an http step"
_TRIGGER: Final = "is not in this release: set webhook or schedule"
_VARIABLE: Final = "is not in this release: take a string, and split or parse it in an expression or a python step"

_ELSEWHERE: Final[Mapping[str, str]] = {
    "retry.on": _WHEN,
    "retry.true": _WHEN,
    "steps.sql": f"the action sql {_SERVICE}",
    "steps.kafka": f"the action kafka {_SERVICE}",
    "steps.redis": f"the action redis {_SERVICE}",
    "steps.grpc": f"the action grpc {_SERVICE}",
    "steps.ai": "the action ai is not in this release: call the model's HTTP API with an http step",
    "steps.flow": (
        "the action flow is not in this release: put the other flow's steps here, or call its webhook, whose address is"
        " `flow.urls.<name>`, with an http step"
    ),
    "steps.respond": (
        "the action respond is not in this release, and webhooks are answered with 202 before a flow runs: send the result"
        " with an http step"
    ),
    "http.multipart": "multipart bodies are not in this release: send json, form or body",
    "python.with": "`with` is not in this release: read values from `context` in the code",
    "flows.retry": "the retry of a whole flow is not in this release: give its steps a retry",
    "webhook.response": "a synchronous response is not in this release, and webhooks are answered with 202: remove it",
    "schedule.configVariable": (
        "a schedule from a variable is not in this release: set cron and timeZone here; an Instance overrides them in"
        " spec.flows.<flow>.schedule"
    ),
    "trigger.deploy": f"the trigger deploy {_TRIGGER}",
    "trigger.remove": f"the trigger remove {_TRIGGER}",
    "trigger.invoke": f"the trigger invoke {_TRIGGER}",
    "configVariables.collection": f"a variable of several values {_VARIABLE}",
    "configVariables.language": f"a variable that holds code {_VARIABLE}",
    "configVariables.schema": f"a variable with a schema {_VARIABLE}",
}
"""Fields that somebody may know from another release or from the design, by what is around them."""
_VALUES: Final[Mapping[str, str]] = {
    "configVariables.type": VARIABLE_TYPES,
    "connections.type": CONNECTION_TYPES,
    "steps.name": STEP_NAME,
}
"""Fields whose form or choice has a sentence of its own."""


def location(error: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Where it is; a bare `on:`, which YAML makes a boolean, is put back."""
    place: tuple[str | int, ...] = error["loc"]
    return (*place[:-1], "on") if error["type"] == "invalid_key" and error["input"] is True else place


def sentence(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors."""
    name = ".".join([part for part in location(error) if isinstance(part, str)][-2:])
    match error["type"]:
        case "missing":
            return "this field is required: add it"
        case "extra_forbidden" | "invalid_key":
            yaml = of_key(error["input"]) if error["type"] == "invalid_key" else ""
            return _ELSEWHERE.get(name, yaml or "there is no such field: correct its name, or remove it")
        case "literal_error" | "string_pattern_mismatch" if name in _VALUES:
            return _VALUES[name]
        case "string_type" if isinstance(error["input"], bool):
            return f"{_json(error['input'])} is no text: {YAML_WORDS}"
        case "string_type" if isinstance(error["input"], int | float):
            return f"{_json(error['input'])} is a number, and a text is needed: put it in quotes"
    return _of_type(error)


_NEEDED: Final[Mapping[str, str]] = {
    "string_type": "a text is needed",
    "bool_type": "true or false is needed",
    "bool_parsing": "true or false is needed",
    "int_type": "a whole number is needed",
    "int_parsing": "a whole number is needed",
    "int_from_float": "a whole number is needed",
    "float_type": "a number is needed",
    "list_type": "a list is needed",
    "dict_type": "a map is needed",
    "model_type": "a map is needed",
    "model_attributes_type": "a map is needed",
}
"""By pydantic's type of an error."""


def _of_type(error: Mapping[str, Any]) -> str:
    """A value of another type or outside of its bounds."""
    if needed := _NEEDED.get(error["type"]):
        return f"{_json(error['input'])} is written here, and {needed}: correct the value"
    expected = re.search(r"^Input should be ('.*')$", str(error["msg"]))
    if error["type"] in ("literal_error", "enum") and expected:
        words = re.findall(r"'([^']*)'", expected[1])
        close = did_you_mean(near(str(error["input"]), words))
        choice = f"{_json(error['input'])} is none of the values here: write one of {', '.join(words)}"
        return f"{choice}; {close}" if close else choice
    text = str(error["msg"]).replace("'", "`")
    return f"{text[:1].lower()}{text[1:]}: correct the value"
