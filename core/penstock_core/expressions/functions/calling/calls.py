"""A call: what CEL hands over becomes plain Python values, and what a function gives becomes CEL's again.

Whatever goes wrong inside reaches the author as `name: what was wrong`; the library would cut it at brackets and at NUL.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions.functions.calling import bounds
from penstock_core.expressions.functions.calling.function import Function, FunctionError
from penstock_core.expressions.functions.calling.told import MARK
from penstock_core.expressions.values import from_cel, to_cel

_END: Final = object()
"""What the library cannot take from a function, and therefore ends the evaluation: after an error, a loop would go on."""


class _Told(Exception):
    """What the library is to hand on as the evaluation's error."""


def implementation(function: Function) -> Callable[..., Any]:
    """What the CEL library calls for it."""
    action = function.action
    assert action is not None  # noqa: S101 - natives are never declared
    hands_on = any(signature.result in ("list", "map", "any") for signature in function.signatures)

    def call(*given: Any) -> Any:
        evaluation = bounds.present()
        for one in given:
            evaluation.lent.take(one)
        if evaluation.refusal:
            return _END
        try:
            evaluation.spend(sum(map(bounds.measure, given)))
            if hands_on:
                _refuse_moments(given)
            result = action(*map(_taken, given))
            bounds.pay_for_result(result)
            evaluation.lent.give(back := _given_back(result))
        except bounds.Exhausted as failure:
            evaluation.refusal = f"{function.name}: {failure}"
            return _END
        except ExpressionError as failure:
            message = str(failure)
        except RecursionError:
            message = "the value is nested too deeply: hand over a part of it"
        else:
            return back
        raise _Told(f"{MARK}{function.name}: {message}".replace("\x00", "\\u0000")) from None

    return call


def _refuse_moments(given: Sequence[Any]) -> None:
    """The library takes a timestamp from a function, but none inside of a list or a map; as texts they would not be the same."""
    waiting = [one for one in given if isinstance(one, list | dict)]
    while waiting:
        one = waiting.pop()
        for item in one.values() if isinstance(one, dict) else one:
            if isinstance(item, list | dict):
                waiting.append(item)
            elif isinstance(item, datetime | timedelta):
                raise FunctionError(
                    f"{'a timestamp' if isinstance(item, datetime) else 'a duration'} inside of a list or a map cannot be"
                    " handed on: make a text of it before, `string(…)`, or a number, `int(…)`"
                )


def _taken(value: Any) -> Any:
    return value if isinstance(value, datetime | timedelta) else from_cel(value)


def _given_back(value: Any) -> Any:
    return value if isinstance(value, datetime | timedelta) else to_cel(value)
