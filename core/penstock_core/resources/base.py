"""What all resource models share: how they are read, and how a field is described.

A description is for `kubectl explain`, so it carries the unit, the default and an example in words: kubectl prints
nothing else of a schema.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

RULES: Final = "x-kubernetes-validations"
STORED_DEFAULT: Final = "stored-default"
"""Key of a default that the API server writes into the object; the others are only described, to keep objects short."""

NAME_PATTERN: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
FLOW_PATTERN: Final = r"^[a-z][A-Za-z0-9]{0,39}$"
STEP_PATTERN: Final = r"^[a-z][A-Za-z0-9_]{0,62}$"
VARIABLE_PATTERN: Final = r"^[a-z][A-Za-z0-9_]{0,62}$"
CONNECTION_PATTERN: Final = r"^[a-z][A-Za-z0-9_]{0,39}$"
VERSION_PATTERN: Final = (
    r"^(0|[1-9][0-9]*)[.](0|[1-9][0-9]*)[.](0|[1-9][0-9]*)(-[0-9a-z][0-9a-z-]*([.][0-9a-z][0-9a-z-]*)*)?$"
)
CRON_EXAMPLE: Final = "0 6 * * *"

REFERENCE: Final = "docs/language.md of this version"
"""Where descriptions send whoever asks what an expression may say."""

EXPRESSION_LENGTH: Final = 4096
TEXT_LENGTH: Final = 65_536
MAX_NESTED_STEPS: Final = 50

Duration = Annotated[str, Field(max_length=32)]
"""Its form is the compiler's to check, whose message says how to write it."""

Parse = Literal["auto", "text", "bytes", "json", "csv", "xml"]
"""How a body is read: as `penstock_core.body.WAYS`."""
Expression = Annotated[str, Field(min_length=1, max_length=EXPRESSION_LENGTH)]
Text = Annotated[str, Field(max_length=TEXT_LENGTH)]


def _add_schema_extra(schema: dict[str, Any], model: type[Any]) -> None:
    schema.update(model.schema_extra)


class Resource(BaseModel):
    """Base of the models: unknown members are refused, values do not change after they were read."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        json_schema_extra=_add_schema_extra,
    )

    schema_extra: ClassVar[dict[str, Any]] = {}
    """What only the CRD's schema has of this model: rules that the API server checks."""


def default_of(model: type[Resource], field: str) -> Any:
    """What the schema says holds where a manifest is silent."""
    return model.model_fields[field].get_default()


def described(
    text: str,
    *,
    example: Any = None,
    default: Any = ...,
    shown_default: str = "",
    schema: dict[str, Any] | None = None,
    **constraints: Any,
) -> Any:
    """A field with its description; without a default it is required.

    `example` and the default go into the description; `shown_default` says in words what a default of None means;
    `schema` holds what only the CRD's schema has.
    """
    sentences = [text]
    shown = shown_default or ("" if default in (..., None) else _shown(default))
    if shown:
        sentences.append(f"Default: {shown}.")
    if example is not None:
        sentences.append(f"Example: {_shown(example)}")
    if schema:
        constraints["json_schema_extra"] = schema
    return Field(default, description=" ".join(sentences), **constraints)


def _shown(value: Any) -> str:
    import json  # only while classes are made

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]


class Reference(Resource):
    """An object of the Instance's namespace."""

    name: ObjectName = described("Name of the object, in the Instance's namespace.", example="acme-erp")


def rule(expression: str, message: str, *, field: str = "", reason: str = "") -> dict[str, str]:
    """One CEL rule of the API server; the message names the problem and the remedy."""
    found = {"rule": expression, "message": message}
    if field:
        found["fieldPath"] = field
    if reason:
        found["reason"] = reason
    return found


def matching(pattern: str, message: str) -> dict[str, Any]:
    """Schema of a text with a pattern whose refusal is a sentence of ours, instead of the API server's "should match"."""
    return {RULES: [rule(f"self.matches('{pattern}')", message)]}


def among(words: Sequence[str], message: str) -> dict[str, Any]:
    """Schema of one of a few words, likewise; the API server's own refusal would keep it from looking at any rule."""
    listed = ", ".join(f"'{word}'" for word in words)
    return {"maxLength": 32, RULES: [rule(f"self in [{listed}]", message)]}


def exactly_one_of(*members: str) -> str:
    """The condition that exactly one of the members is set."""
    # a sum is cheaper than a list comprehension in the API server's cost estimate
    return " + ".join(f"(has({member}) ? 1 : 0)" for member in members) + " == 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionMember:
    """How an action stands in a step: as an optional member, of which a step has one.

    `rules` are those of the step, for the API server. `holds_steps` is of those that a step of the third level is refused.
    """

    text: str
    example: Any
    constraints: Mapping[str, Any] = field(default_factory=dict)
    rules: Sequence[Mapping[str, str]] = ()
    holds_steps: bool = False

    def field(self) -> Any:
        """The field of a step's model."""
        return described(
            self.text, default=None, shown_default="not this action", example=self.example, **self.constraints
        )
