"""The secrets of one execution, and where they show in bytes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from penstock_core.masking import MIN_LENGTH
from penstock_core.masking.undoing import undoings

Stretch = tuple[int, int]
"""From its first byte to before its end."""

DEPTH: Final = 3
"""Encodings inside of one another that are undone: two, and what surrounds them once more."""


class Secrets:
    """What must not be seen, at least one value of `MIN_LENGTH` characters, ready for the search. A plus and a blank are the same: forms write one for the other."""

    def __init__(self, values: frozenset[str]) -> None:
        self._forms = sorted({_folded(form) for value in values for form in _forms(value)}, key=len)
        self._least = len(self._forms[0])
        self._undoings = undoings(frozenset(b"".join(self._forms)))
        self.numbers = frozenset(number for value in values if (number := _number(value)) is not None)

    def show_in(self, data: bytes) -> bool:
        """Whether one of them is in what `data` is or becomes."""
        return self._show(data, DEPTH, set())

    def showing(self, texts: Sequence[bytes]) -> set[bytes]:
        """Those of the texts that show one: asked of all together first, then of ever smaller parts."""
        if not texts or not self.show_in(b"\0".join(texts)):
            return set()
        if len(texts) == 1:
            return set(texts)
        half = len(texts) // 2
        return self.showing(texts[:half]) | self.showing(texts[half:])

    def stretches(self, data: bytes) -> list[Stretch]:
        """Where they show, apart from one another and in order."""
        united: list[Stretch] = []
        for first, end in sorted(self._stretches(data, DEPTH)):
            if united and first <= united[-1][1]:
                united[-1] = united[-1][0], max(end, united[-1][1])
            else:
                united.append((first, end))
        return united

    def _show(self, data: bytes, depth: int, seen: set[tuple[bytes, int]]) -> bool:
        if len(data) < self._least:
            return False
        folded = _folded(data)
        if any(form in folded for form in self._forms):
            return True
        if not depth:
            return False
        for undoing in self._undoings:
            read = undoing.read(data)
            # what two ways lead to is searched once, unless there is more depth left for it
            if read and (read, depth) not in seen:
                seen.add((read, depth))
                if self._show(read, depth - 1, seen):
                    return True
        return False

    def _stretches(self, data: bytes, depth: int) -> list[Stretch]:
        folded = _folded(data)
        found = [stretch for form in self._forms for stretch in _occurrences(form, folded)]
        if depth:
            for undoing in self._undoings:
                read = undoing.read(data)
                if read and self._show(read, depth - 1, set()):
                    found += undoing.located(data, self._stretches(read, depth - 1))
        return found


def raw(text: str) -> bytes:
    """UTF-8; what an environment held beside it stands as single surrogates."""
    return text.encode(errors="surrogatepass")


def _folded(data: bytes) -> bytes:
    return data.replace(b"+", b" ")


def _occurrences(form: bytes, data: bytes) -> Iterable[Stretch]:
    at = data.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = data.find(form, at + 1)


def _forms(value: str) -> Iterable[bytes]:
    """A secret as bytes: in UTF-8, in Latin-1 where it can be, and what is left of bytes that are no UTF-8."""
    yield raw(value)
    try:
        environment = value.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return
    yield environment
    yield raw(environment.decode(errors="replace"))
    try:
        yield value.encode("latin-1")
    except UnicodeEncodeError:
        return


def _number(value: str) -> Any:
    """The number that a secret is, None where it is none or a short one."""
    from decimal import Decimal, InvalidOperation

    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 400:
        return None
    return number if len(format(number.normalize(), "f")) >= MIN_LENGTH else None
