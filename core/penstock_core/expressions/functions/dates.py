"""Moments: now, and as texts of any form and zone.

The forms are those of `strftime`, which python steps, databases and shells share. In it a letter that is none is refused,
where patterns of letters such as `YYYY-MM-DD` give another year, or month, without a word.
"""

import functools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from penstock_core.expressions.functions.calling.bounds import check_size, present, quoted
from penstock_core.expressions.functions.calling.function import Function, FunctionError, takes

MAX_PATTERN: Final = 200
MAX_DATE: Final = 200
"""Characters of a form, and of a text in it."""
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_RFC_3339: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2})"

_WRITTEN: Final[Mapping[str, Callable[[datetime], str]]] = {
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "m": lambda at: f"{at.month:02}",
    "d": lambda at: f"{at.day:02}",
    "H": lambda at: f"{at.hour:02}",
    "I": lambda at: f"{(at.hour + 11) % 12 + 1:02}",
    "p": lambda at: "AM" if at.hour < 12 else "PM",
    "M": lambda at: f"{at.minute:02}",
    "S": lambda at: f"{at.second:02}",
    "f": lambda at: f"{at.microsecond:06}",
    "L": lambda at: f"{at.microsecond // 1000:03}",
    "j": lambda at: f"{at.timetuple().tm_yday:03}",
    "a": lambda at: _DAYS[at.weekday()][:3],
    "A": lambda at: _DAYS[at.weekday()],
    "b": lambda at: _MONTHS[at.month - 1][:3],
    "B": lambda at: _MONTHS[at.month - 1],
    "u": lambda at: str(at.isoweekday()),
    "G": lambda at: f"{at.isocalendar().year:04}",
    "V": lambda at: f"{at.isocalendar().week:02}",
    "s": lambda at: str(int(at.timestamp() // 1)),
    "z": lambda at: _offset(at, ""),
    ":z": lambda at: _offset(at, ":"),
    "Z": lambda at: at.tzname() or "",
    "%": lambda _: "%",
}
_READ: Final = {
    "Y": r"[0-9]{4}",
    "y": r"[0-9]{2}",
    **dict.fromkeys("mdHIMS", r"[0-9]{1,2}"),
    "f": r"[0-9]{1,9}",
    "p": r"[AaPp][Mm]",
    "a": "|".join(day[:3] for day in _DAYS),
    "A": "|".join(_DAYS),
    "b": "|".join(month[:3] for month in _MONTHS),
    "B": "|".join(_MONTHS),
    "z": r"[Zz]|[+-][0-9]{2}:?[0-9]{2}",
    "s": r"-?[0-9]{1,12}",
}


def _offset(at: datetime, between: str) -> str:
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{between}{abs(minutes) % 60:02}"


def _now() -> datetime:
    return present().moment


def _formatted(at: datetime | str, form: str, zone: str = "UTC") -> str:
    moment = at if isinstance(at, datetime) else _rfc_3339(at)
    try:
        local = moment.astimezone(_zone(zone))
    except OverflowError:
        raise FunctionError(f"{moment.isoformat()} is no date in {quoted(zone)}") from None
    return "".join(_WRITTEN[piece](local) if is_letter else piece for piece, is_letter in _pieces(form, "format"))


def _parsed(text: str, form: str, zone: str = "") -> datetime:
    check_size(text, MAX_DATE, "characters of a date")
    pattern, letters = _reader(form)
    if ("z" in letters or "s" in letters) == bool(zone):
        raise FunctionError(
            f"the form {quoted(form)} has its own offset: leave the zone {quoted(zone)} out"
            if zone
            else f"the form {quoted(form)} has no offset (`%z`): name the zone, as in `date.parse(text, form, 'Europe/Zurich')`"
        )
    found = pattern.fullmatch(text)
    if found is None:
        raise FunctionError(f"{quoted(text)} is not of the form {quoted(form)}")
    try:
        return _moment(found.groupdict(), zone).astimezone(UTC)
    except (ValueError, OverflowError) as failure:
        raise FunctionError(f"{quoted(text)} is no date: {failure}") from None


def _moment(read: Mapping[str, str], zone: str) -> datetime:
    if "s" in read:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(read["s"]))
    if not ("Y" in read or "y" in read):
        raise FunctionError("the form names no year: `%Y`")
    local = datetime(  # noqa: DTZ001 - the zone follows
        _year(read), _month(read), int(read.get("d", 1)), _hour(read), int(read.get("M", 0)), int(read.get("S", 0)),
        int(read.get("f", "0")[:6].ljust(6, "0")),
    )  # fmt: skip
    if (day := read.get("A", read.get("a"))) and not _DAYS[local.weekday()].startswith(day.title()):
        raise FunctionError(f"{local:%Y-%m-%d} is a {_DAYS[local.weekday()]}, not a {day}")
    if offset := read.get("z"):
        return local.replace(tzinfo=UTC) - _shift(offset)
    return _in_zone(local, zone)


def _year(read: Mapping[str, str]) -> int:
    if "Y" in read:
        return int(read["Y"])
    return int(read["y"]) + (2000 if int(read["y"]) < 69 else 1900)


def _month(read: Mapping[str, str]) -> int:
    if name := read.get("B", read.get("b")):
        return next(at for at, month in enumerate(_MONTHS, 1) if month.startswith(name.title()))
    return int(read.get("m", 1))


def _hour(read: Mapping[str, str]) -> int:
    if "I" not in read:
        return int(read.get("H", 0))
    hour = int(read["I"])
    if not 1 <= hour <= 12:
        raise ValueError("hour of twelve must be in 1..12")
    if "p" not in read:
        raise FunctionError("the form has `%I` without `%p`, which tells morning from evening")
    return hour % 12 + (12 if read["p"].upper() == "PM" else 0)


def _shift(offset: str) -> timedelta:
    if offset in "Zz":
        return timedelta()
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"there is no offset {offset}")
    return timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)


def _in_zone(local: datetime, zone: str) -> datetime:
    """The moment when clocks there show this; of two such moments the earlier one."""
    known = _zone(zone)
    moment = local.replace(tzinfo=known).astimezone(UTC)
    if moment.astimezone(known).replace(tzinfo=None) != local:
        raise FunctionError(
            f"clocks never show {local.isoformat(sep=' ')} in {quoted(zone)}: they are put forward then"
        )
    return moment


def _rfc_3339(text: str) -> datetime:
    check_size(text, MAX_DATE, "characters of a date")
    if re.fullmatch(_RFC_3339, text):
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError:
            pass
    raise FunctionError(f"{quoted(text)} is no moment like '2026-01-31T06:00:00Z': `date.parse` reads other forms")


@functools.lru_cache(maxsize=32)
def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # with a database of its own, where a zone is named

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FunctionError(f"there is no time zone {quoted(name)}: names are like 'Europe/Zurich', 'UTC'") from None


def _pieces(form: str, function: str) -> list[tuple[str, bool]]:
    """Literal texts, and letters (True) that stand behind a `%`."""
    check_size(form, MAX_PATTERN, "characters of a form")
    for letter, stands_for in _COMPOSED.items():
        form = form.replace("%%", "%\0").replace(f"%{letter}", stands_for).replace("%\0", "%%")
    known = _WRITTEN if function == "format" else {**_READ, "%": "%"}
    pieces: list[tuple[str, bool]] = []
    at = 0
    while at < len(form):
        if form[at] != "%":
            pieces.append((form[at], False))
            at += 1
            continue
        letter = form[at + 1 : at + 3] if form[at + 1 : at + 2] == ":" else form[at + 1 : at + 2]
        if letter not in known:
            listed = " ".join(f"%{one}" for one in (*known, *_COMPOSED))
            raise FunctionError(f"`%{letter}` in {quoted(form)} is nothing that can be {_DONE[function]}: {listed}")
        pieces.append((letter, True))
        at += 1 + len(letter)
    if not any(is_letter for _, is_letter in pieces):
        raise FunctionError(f"the form {quoted(form)} names nothing of a date: write it as in '%Y-%m-%d %H:%M:%S'")
    return pieces


_COMPOSED: Final = {"F": "%Y-%m-%d", "T": "%H:%M:%S"}
_DONE: Final = {"format": "written", "parse": "read"}


@functools.lru_cache(maxsize=64)
def _reader(form: str) -> tuple[re.Pattern[str], frozenset[str]]:
    """What reads texts of a form, and the letters that it has, each once: so its time is bounded by theirs."""
    letters: list[str] = []
    pattern = ""
    for piece, is_letter in _pieces(form, "parse"):
        if not is_letter or piece == "%":
            pattern += re.escape(piece)
            continue
        if piece in letters:
            raise FunctionError(f"the form {quoted(form)} has `%{piece}` twice")
        letters.append(piece)
        pattern += f"(?P<{piece}>{_READ[piece]})"
    return re.compile(pattern, re.IGNORECASE | re.ASCII), frozenset(letters)


_LETTERS: Final = (
    "`%Y %m %d %H %M %S %f` (also `%y %I %p %b %B %a %A %s %z %F %T`; `%L %j %u %G %V %Z %:z` are written only)"
)

FUNCTIONS: Final = (
    Function(
        "now",
        takes("-> timestamp"),
        "The moment of evaluation, the same throughout one expression; a recorded result keeps it.",
        "now() > timestamp('2020-01-01T00:00:00Z')",
        True,
        action=_now,
    ),
    Function(
        "date.parse",
        takes("string, string -> timestamp", "string, string, string -> timestamp"),
        f"The moment that a text says, in a form of {_LETTERS}: with an offset (`%z`) in it, or in the zone that is named.",
        "date.parse('31.01.2026 18:30', '%d.%m.%Y %H:%M', 'Europe/Zurich')",
        "2026-01-31T17:30:00Z",
        bounds=f"{MAX_DATE} characters each",
        action=_parsed,
    ),
    Function(
        "date.format",
        takes(
            "timestamp, string -> string",
            "timestamp, string, string -> string",
            "string, string -> string",
            "string, string, string -> string",
        ),
        "A moment, a timestamp or an RFC 3339 text, as text of a form like `date.parse`'s, in UTC or in the zone that is named; names are English.",
        "date.format('2026-01-31T17:30:00Z', '%A, %d %B %Y %H:%M %Z', 'Europe/Zurich')",
        "Saturday, 31 January 2026 18:30 CET",
        bounds=f"{MAX_PATTERN} characters",
        action=_formatted,
    ),
)
