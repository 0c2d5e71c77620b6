"""What CEL's standard library and the extensions that are enabled give: the library does it, the reference lists it."""

from typing import Any, Final

from penstock_core.expressions.functions.calling.function import Function, takes


def _plain(name: str, signatures: str, says: str, example: str, gives: Any) -> Function:
    return Function(name, takes(*signatures.split("; ")), says, example, gives)


def _method(name: str, signatures: str, says: str, example: str, gives: Any) -> Function:
    return Function(name, takes(*signatures.split("; ")), says, example, gives, receiver=True)


def _macro(name: str, signatures: str, says: str, example: str, gives: Any) -> Function:
    receiver = not name.startswith(("has", "cel."))
    return Function(name, takes(*signatures.split("; ")), says, example, gives, receiver=receiver, macro=True)


# fmt: off
NATIVE: Final[dict[str, tuple[Function, ...]]] = {
    "values": (
        _macro("has", "expression -> bool", "Whether a map has a member; the argument ends in `.member`.", "has({'a': 1}.a)", True),
        _macro("cel.bind", "name, any, expression -> any", "The last argument's value, in which the name stands for the second's.", "cel.bind(a, 2 + 1, a * a)", 9),
        _plain("size", "string -> int; bytes -> int; list -> int; map -> int", "How many characters, bytes, items or members there are.", "size('häuser')", 6),
        _plain("string", "number -> string; bool -> string; bytes -> string; timestamp -> string; duration -> string", "The value as text; bytes are read as UTF-8.", "string(42)", "42"),
        _plain("int", "string -> int; number -> int; timestamp -> int", "The whole number; a fraction is cut off, a timestamp gives seconds since 1970.", "int('42')", 42),
        _plain("uint", "string -> uint; number -> uint", "The whole number, not negative.", "uint(42) == 42u", True),
        _plain("double", "string -> double; number -> double", "The number with a fraction.", "double('1.5')", 1.5),
        _plain("bool", "string -> bool", "True or false of `'true'` and `'false'`.", "bool('true')", True),
        _plain("bytes", "string -> bytes", "The text's UTF-8.", "size(bytes('é'))", 2),
        _plain("type", "any -> type", "The type, to compare with `int`, `double`, `string`, `bool`, `bytes`, `list`, `map` or `null_type`.", "type(1.5) == double", True),
        _plain("dyn", "any -> any", "The value, whose type is looked at only when it is evaluated.", "dyn(1) == 1", True),
    ),
    "lists": (
        _macro("map", "list, name, expression -> list; list, name, expression, expression -> list", "What an expression gives for each item, or for those for which a first expression is true.", "[1, 2].map(n, n * 10)", [10, 20]),
        _macro("filter", "list, name, expression -> list", "The items for which the expression is true.", "[1, 2, 3].filter(n, n > 1)", [2, 3]),
        _macro("all", "list, name, expression -> bool", "Whether the expression is true of each item.", "[1, 2].all(n, n > 0)", True),
        _macro("exists", "list, name, expression -> bool", "Whether the expression is true of any item.", "[1, 2].exists(n, n > 1)", True),
        _macro("exists_one", "list, name, expression -> bool", "Whether the expression is true of exactly one item.", "[1, 2].exists_one(n, n > 1)", True),
        _method("first", "list -> optional", "The first item; an optional value, empty of an empty list.", "['a', 'b'].first().orValue('none')", "a"),
        _method("last", "list -> optional", "The last item; an optional value, empty of an empty list.", "['a', 'b'].last().orValue('none')", "b"),
        _method("join", "list -> string; list, string -> string", "The texts of a list as one text, with the separator between them.", "['a', 'b'].join(', ')", "a, b"),
    ),
    "texts": (
        _method("contains", "string, string -> bool", "Whether the second text is found in the first.", "'orders'.contains('der')", True),
        _method("startsWith", "string, string -> bool", "Whether the text begins with the other.", "'orders'.startsWith('or')", True),
        _method("endsWith", "string, string -> bool", "Whether the text ends with the other.", "'orders'.endsWith('rs')", True),
        _method("matches", "string, string -> bool", "Whether the pattern, a regular expression of RE2, is found in the text.", "'A-17'.matches('^[A-Z]-[0-9]+$')", True),
        _method("charAt", "string, int -> string", "The character at an index.", "'abc'.charAt(1)", "b"),
        _method("indexOf", "string, string -> int; string, string, int -> int", "Where the second text is found first, from an index on; -1 where it is not.", "'abcb'.indexOf('b')", 1),
        _method("lastIndexOf", "string, string -> int; string, string, int -> int", "Where the second text is found last; -1 where it is not.", "'abcb'.lastIndexOf('b')", 3),
        _method("lowerAscii", "string -> string", "The text with A to Z in lower case; `text.lower` is for any script.", "'ABC'.lowerAscii()", "abc"),
        _method("upperAscii", "string -> string", "The text with a to z in upper case; `text.upper` is for any script.", "'abc'.upperAscii()", "ABC"),
        _method("replace", "string, string, string -> string; string, string, string, int -> string", "The text with a part replaced, wherever it is found or so many times.", "'a-b-c'.replace('-', '')", "abc"),
        _method("split", "string, string -> list; string, string, int -> list", "The texts between a separator, at most so many.", "'a,b'.split(',')", ["a", "b"]),
        _method("substring", "string, int -> string; string, int, int -> string", "The characters from an index up to, and without, another.", "'orders'.substring(1, 3)", "rd"),
        _method("trim", "string -> string", "The text without white space at its beginning and end.", "'  a '.trim()", "a"),
        _method("format", "string, list -> string", "The text with each `%s`, `%d`, `%.2f`, `%x`, … replaced by an item.", "'%s: %.2f'.format(['total', 9.5])", "total: 9.50"),
        _plain("strings.quote", "string -> string", "The text in double quotes, with escapes.", "strings.quote('a\"b')", '"a\\"b"'),
    ),
    "numbers": (
        _plain("math.greatest", "number, number -> number; list -> number", "The greatest of the numbers.", "math.greatest(1, 2.5)", 2.5),
        _plain("math.least", "number, number -> number; list -> number", "The least of the numbers.", "math.least([3, 1])", 1),
        _plain("math.abs", "number -> number", "The number without its sign.", "math.abs(-3)", 3),
        _plain("math.sign", "number -> number", "-1, 0 or 1.", "math.sign(-3)", -1),
        _plain("math.round", "double -> double", "The nearest whole number, halves away from zero.", "math.round(2.5)", 3.0),
        _plain("math.ceil", "double -> double", "The next whole number above.", "math.ceil(1.2)", 2.0),
        _plain("math.floor", "double -> double", "The next whole number below.", "math.floor(1.8)", 1.0),
        _plain("math.trunc", "double -> double", "The number without its fraction.", "math.trunc(-1.8)", -1.0),
        _plain("math.sqrt", "number -> double", "The square root.", "math.sqrt(9)", 3.0),
        _plain("math.isNaN", "double -> bool", "Whether it is no number.", "math.isNaN(0.0 / 0.0)", True),
        _plain("math.isInf", "double -> bool", "Whether it is infinite.", "math.isInf(1.0 / 0.0)", True),
        _plain("math.isFinite", "double -> bool", "Whether it is a number and not infinite.", "math.isFinite(1.5)", True),
        _plain("math.bitAnd", "int, int -> int; uint, uint -> uint", "The bits that both have.", "math.bitAnd(6, 3)", 2),
        _plain("math.bitOr", "int, int -> int; uint, uint -> uint", "The bits that either has.", "math.bitOr(6, 3)", 7),
        _plain("math.bitXor", "int, int -> int; uint, uint -> uint", "The bits that one of them has.", "math.bitXor(6, 3)", 5),
        _plain("math.bitNot", "int -> int; uint -> uint", "The bits that it has not.", "math.bitNot(1)", -2),
        _plain("math.bitShiftLeft", "int, int -> int; uint, int -> uint", "The bits moved to the left.", "math.bitShiftLeft(1, 4)", 16),
        _plain("math.bitShiftRight", "int, int -> int; uint, int -> uint", "The bits moved to the right.", "math.bitShiftRight(16, 4)", 1),
    ),
    "dates": (
        _plain("timestamp", "string -> timestamp; int -> timestamp", "The moment of an RFC 3339 text, or of seconds since 1970.", "timestamp('2026-01-31T06:00:00+01:00')", "2026-01-31T05:00:00Z"),
        _plain("duration", "string -> duration", "A length of time: hours, minutes, seconds, to add to a timestamp and to compare.", "timestamp('2026-01-31T06:00:00Z') + duration('1h30m')", "2026-01-31T07:30:00Z"),
        *(
            _method(name, "timestamp -> int; timestamp, string -> int", f"The {what}, in UTC or in the zone that is named.", f"timestamp('2026-01-31T06:07:08.009Z').{name}()", gives)
            for name, what, gives in (
                ("getFullYear", "year", 2026), ("getMonth", "month, from 0", 0), ("getDate", "day of the month, from 1", 31),
                ("getDayOfMonth", "day of the month, from 0", 30), ("getDayOfWeek", "day of the week, Sunday is 0", 6),
                ("getDayOfYear", "day of the year, from 0", 30),
            )
        ),
        *(
            _method(name, "timestamp -> int; timestamp, string -> int; duration -> int", f"The {what}, in UTC or in the zone that is named; or a duration's.", f"timestamp('2026-01-31T06:07:08.009Z').{name}()", gives)
            for name, what, gives in (("getHours", "hour", 6), ("getMinutes", "minute", 7), ("getSeconds", "second", 8), ("getMilliseconds", "milliseconds", 9))
        ),
    ),
    "encoding": (
        _plain("base64.encode", "bytes -> string", "The bytes as base64 text.", "base64.encode(b'hello')", "aGVsbG8="),
        _plain("base64.decode", "string -> bytes", "The bytes of a base64 text.", "string(base64.decode('aGVsbG8='))", "hello"),
    ),
    "optional values": (
        _plain("optional.of", "any -> optional", "An optional value that is there.", "optional.of(1).hasValue()", True),
        _plain("optional.none", "-> optional", "An optional value that is not there.", "optional.none().hasValue()", False),
        _plain("optional.ofNonZeroValue", "any -> optional", "An optional value that is there unless it is empty, 0, false or null.", "optional.ofNonZeroValue('').hasValue()", False),
        _method("hasValue", "optional -> bool", "Whether it is there.", "{'a': 1}.?b.hasValue()", False),
        _method("value", "optional -> any", "What is there; fails where nothing is.", "{'a': 1}.?a.value()", 1),
        _method("orValue", "optional, any -> any", "What is there, or else the argument.", "{'a': 1}.?b.orValue(0)", 0),
        _method("or", "optional, optional -> optional", "The first of two that is there.", "{'a': 1}.?b.or({'c': 2}.?c).value()", 2),
        _macro("optMap", "optional, name, expression -> optional", "The expression's value where there is one.", "{'a': 1}.?a.optMap(n, n + 1).value()", 2),
        _macro("optFlatMap", "optional, name, expression -> optional", "The expression's optional value where there is one.", "{'a': {'b': 1}}.?a.optFlatMap(m, m.?b).value()", 1),
    ),
}
# fmt: on
