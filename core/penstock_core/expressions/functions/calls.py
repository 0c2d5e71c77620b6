"""A call: what CEL hands over becomes plain Python values, and what a function gives becomes CEL's again.

Whatever goes wrong inside reaches the author as `name: what was wrong`; the library would cut it at brackets and at NUL.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from penstock_core.errors import ExpressionError
from penstock_core.expressions.functions import bounds
from penstock_core.expressions.functions.function import Function
from penstock_core.expressions.functions.told import MARK
from penstock_core.expressions.values import from_cel, to_cel


class _Told(Exception):
    """What the library is to hand on as the evaluation's error."""


def implementation(function: Function) -> Callable[..., Any]:
    """What the CEL library calls for it."""
    action = function.action
    assert action is not None  # noqa: S101 - natives are never declared

    def call(*given: Any) -> Any:
        try:
            bounds.present().spend(sum(map(bounds.measure, given)))
            result = action(*map(_taken, given))
            bounds.pay_for_result(result)
            return _given_back(result)
        except ExpressionError as failure:
            message = str(failure)
        except RecursionError:
            message = "the value is nested too deeply: hand over a part of it"
        raise _Told(f"{MARK}{function.name}: {message}".replace("\x00", "\\u0000")) from None

    return call


def _taken(value: Any) -> Any:
    return value if isinstance(value, datetime | timedelta) else from_cel(value)


def _given_back(value: Any) -> Any:
    return value if isinstance(value, datetime | timedelta) else to_cel(value)
