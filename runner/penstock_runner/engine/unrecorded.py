"""Values that the record of an earlier runner does not have as they were: whoever reads one would go on with something else."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from penstock_runner.errors import NotRecorded

Missing = Callable[[], Any]
"""Makes a value anew, or raises NotRecorded."""


class Guarded(dict[str, Any]):
    """A map of which some members are missing: who reads one gets it made anew, or NotRecorded; so does who reads all."""

    def __init__(self, members: Mapping[str, Any], missing: Mapping[str, Missing]) -> None:
        super().__init__({name: value for name, value in members.items() if name not in missing})
        self.missing = missing

    def __getitem__(self, name: str) -> Any:
        if name in self.missing and name not in self:
            self[name] = self.missing[name]()
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def items(self) -> Any:
        for name in self.missing:
            self[name]
        return super().items()


class Partial(dict[str, Any]):
    """A map of which only some members were recorded: who reads another one, or all, gets NotRecorded."""

    def __init__(self, members: Mapping[str, Any], refuse: Missing) -> None:
        super().__init__(members)
        self._refuse = refuse

    def __missing__(self, name: str) -> Any:
        return self._refuse()

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]

    def items(self) -> Any:
        return self._refuse()


class Unread(NamedTuple):
    """Stands in a loop's or a branch's output for one that nobody has asked for yet."""

    reason: NotRecorded

    def give(self) -> NoReturn:
        """Raises what whoever asks is told."""
        raise self.reason


def output_of(view: Mapping[str, Any]) -> Any:
    """A step's output, Unread where the record does not have it."""
    try:
        return view["output"]
    except NotRecorded as exc:
        return Unread(exc)


def settled(output: Any) -> tuple[Any, Unread | None]:
    """An output with nulls for what is Unread in it, and the first of these."""
    if isinstance(output, Unread):
        return None, output
    if not isinstance(output, list) or not (unread := next((one for one in output if isinstance(one, Unread)), None)):
        return output, None
    return [None if isinstance(one, Unread) else one for one in output], unread


def readable(view: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The members of a view that are there, and the names of those that are missing."""
    there: dict[str, Any] = {}
    missing: list[str] = []
    for name in (*view, *getattr(view, "missing", ())):
        try:
            there[name] = _whole(view[name])
        except NotRecorded:
            missing.append(name)
    return there, missing


def reason(view: Any, member: str) -> NotRecorded | None:
    """Why a member of a view is not there, None where it is, or never was."""
    try:
        _whole(view.get(member) if isinstance(view, Mapping) else None)
    except NotRecorded as exc:
        return exc
    return None


def _whole(value: Any) -> Any:
    """A value whose own members all are there. Raises NotRecorded."""
    if isinstance(value, (Guarded, Partial)):
        return {name: _whole(member) for name, member in value.items()}
    return value
