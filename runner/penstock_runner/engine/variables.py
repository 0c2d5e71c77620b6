"""What expressions see: trigger, config, steps, item, execution, instance, flow; and how a step's fields are evaluated.

CEL, JSON and the body parser are loaded by the first value that needs them, so that a simple flow starts fast.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock_core.errors import BodyError, ExpressionError
from penstock_runner.errors import Failure

if TYPE_CHECKING:
    from penstock_core.expressions import Scope

_STORED_MEMBERS = ("rawBody", "contentType", "headers", "query", "path", "method", "startedAt")
_MADE_MEMBERS = ("body", "bodyAll", "queryAll")
NOT_RUN: Mapping[str, Any] = {"output": None, "extracted": None, "status": "skipped", "error": None, "attempts": 0}
"""What `steps.<name>` is for a step that was skipped."""


class TriggerData(Mapping[str, Any]):
    """The trigger's data; what is made of the stored members, such as `body`, is made when it is first asked for."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._members: dict[str, Any] = {name: stored.get(name) for name in _STORED_MEMBERS}
        self._how: str = stored.get("parse", "auto")
        """As the trigger said when the gateway read the body; no release before wrote it."""
        if "body" in stored:
            self._members["body"] = stored["body"]

    def __getitem__(self, name: str) -> Any:
        if name not in self._members and name in _MADE_MEMBERS:
            self._members[name] = self._made(name)
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*_STORED_MEMBERS, *_MADE_MEMBERS))

    def __len__(self) -> int:
        return len(_STORED_MEMBERS) + len(_MADE_MEMBERS)

    def _made(self, name: str) -> Any:
        if self._members["contentType"] is None:  # no request started it
            return None
        from penstock_core import body

        if name == "queryAll":
            return body.every(self._members["query"] or {})
        content_type = self._members["contentType"]
        if name == "bodyAll":
            return body.fields_of(self["body"], content_type, how=self._how)
        try:
            return body.parse(self._members["rawBody"] or b"", content_type, how=self._how).value
        except BodyError as exc:
            raise Failure("trigger_body", f"trigger.body cannot be read: {exc}") from exc


class Frame(NamedTuple):
    """Where steps run: the flow itself, an iteration of forEach, or a case of a branch.

    `prefix` begins the paths of its steps; `deadline` is a reading of time.monotonic().
    """

    prefix: str
    variables: Mapping[str, Any]
    steps: MutableMapping[str, Any]
    deadline: float

    def iteration(self, *, prefix: str, item: Any, index: int, deadline: float) -> "Frame":
        """A frame that sees everything outside and keeps its own steps to itself."""
        steps: ChainMap[str, Any] = ChainMap({}, self.steps)
        variables = {**self.variables, "item": item, "index": index, "steps": steps}
        return Frame(prefix=prefix, variables=variables, steps=steps, deadline=deadline)

    def case(self, *, prefix: str, deadline: float) -> "Frame":
        """A frame that shares steps and variables, as a branch's do."""
        return Frame(prefix=prefix, variables=self.variables, steps=self.steps, deadline=deadline)


class Evaluator:
    """Evaluates a definition's templates and conditions.

    Every step's name is declared: that a name is visible where it is used was checked at publication.
    `config` and `names` are those of variables and steps; steps are named once an expression asks for them.
    `mask` is for values that a message quotes: what is shortened first can be masked no more.
    """

    def __init__(
        self,
        *,
        config: Iterable[str],
        names: Callable[[], Iterable[str]],
        mask: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        self._config = config
        self._mask = mask
        self._names = names
        self._scope: Scope | None = None

    def fill(self, value: Any, *, field: str, variables: Mapping[str, Any]) -> Any:
        """A copy of `value` with its templates evaluated. Raises Failure, which names `field`."""
        if not _has_expression(value):
            return value
        from penstock_core.expressions import fill

        try:
            return fill(value, self._declared(), variables)
        except ExpressionError as exc:
            raise self._failure(field, exc) from exc

    def url(self, text: str, *, field: str, variables: Mapping[str, Any]) -> Any:
        """An address with its expressions evaluated, each encoded for its place. Raises Failure, which names `field`."""
        if "${" not in text:
            return text
        from penstock_core.expressions import url_template

        try:
            return url_template(text, self._declared()).evaluate(variables)
        except ExpressionError as exc:
            raise self._failure(field, exc) from exc

    def condition(self, text: str, *, field: str, variables: Mapping[str, Any]) -> bool:
        """The answer of bare CEL. Raises Failure, which names `field`."""
        from penstock_core.expressions import condition

        try:
            return condition(text, self._declared()).evaluate(variables)
        except ExpressionError as exc:
            raise self._failure(field, exc) from exc

    def report(self, text: str, *, variables: Mapping[str, Any]) -> dict[str, Any]:
        """A condition with its evaluated operands: {expression, passed, left, op, right, error}, the last four where known."""
        from penstock_core.expressions import condition

        try:
            return condition(text, self._declared()).operands(variables, mask=self._mask)
        except ExpressionError as exc:
            return {"expression": text, "passed": False, "error": exc.told(self._mask)}

    def _failure(self, field: str, exc: ExpressionError) -> Failure:
        place = f" (line {exc.line}, column {exc.column})" if exc.line else ""
        return Failure("expression_error", f"{field}: {exc.told(self._mask)}{place}", details={"field": field})

    def _declared(self) -> "Scope":
        if self._scope is None:
            from penstock_core.expressions import Scope

            self._scope = Scope.of(
                config=self._config,
                steps=self._names(),
                item=True,
                output=True,
                error=True,
            )
        return self._scope


def _has_expression(value: Any) -> bool:
    if isinstance(value, str):
        return "${" in value
    if isinstance(value, Mapping):
        return any(_has_expression(key) or _has_expression(member) for key, member in value.items())
    if isinstance(value, (list, tuple)):
        return any(map(_has_expression, value))
    return False
