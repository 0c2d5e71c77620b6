"""What an author wrote between `${` and `}`, and the sentence that they read: a table each for publication and for a run."""

from typing import Any, Final

import pytest

from penstock_core.errors import ExpressionError
from penstock_core.expressions import Scope, condition, template
from penstock_core.expressions.quoting import MAX_QUOTED

SCOPE: Final = Scope.of(config=["region", "dryRun", "class"], steps=["lookup", "lines", "for"], item=True)
"""What the Integration of these tables declares; `item` is there, as inside forEach."""
VALUES: Final[dict[str, Any]] = {
    "trigger": {
        "body": {
            "id": "x",
            "total": 12.5,
            "n": 3,
            "lines": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": None}],
            "none": None,
            "for": 1,
            "a": {"b": None},
            "when": "yesterday",
            "big": "9" * 50,
        },
        "headers": {"x-id": "7", "content-type": "a/b"},
        "query": {"a": "1"},
    },
    "config": {"region": "eu", "dryRun": False},
    "steps": {"lookup": {"output": {"status": 404}, "status": "passed", "error": None}},
    "item": {"a": 1},
    "index": 0,
}
"""What they see when they run; what is declared and not here is null."""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("trigger.body.?a.?b", "column 3: `trigger.body.?a.?b` gives an optional value, which may be none: end it with `.orValue(…)`, as in `trigger.body.?a.?b.orValue('')`"),
        ("trigger.body.?a.?b.c", "column 3: `trigger.body.?a.?b.c` gives an optional value, which may be none: end it with `.orValue(…)`, as in `trigger.body.?a.?b.c.orValue('')`"),
        ("config.?region", "column 3: `config.?region` is written without `?`: `config.region` is always there, and null where nothing set it; write `config.region != null ? config.region : …`"),
        ("config.?nope", "column 3: there is no variable `config.nope`: declared: config.class, config.dryRun, config.region"),
        ("config[?'region']", "column 3: there is no variable `config`: name one of its members: class, dryRun, region"),
        ("for", "column 3: there is no variable `for`: it is a word of the expression language, and names nothing"),
        ("if", "column 3: there is no variable `if`: it is a word of the expression language, and names nothing"),
        ("namespace.x", "column 3: there is no variable `namespace.x`: it is a word of the expression language, and names nothing"),
        ("trigger.headers.content-type", "column 3: `trigger.headers.content-type` is a subtraction, `trigger.headers.content` minus `type`: for a member whose name has a `-` write `trigger.headers['content-type']`"),
        ("trigger.headers.x-id", "column 3: `trigger.headers.x-id` is a subtraction, `trigger.headers.x` minus `id`: for a member whose name has a `-` write `trigger.headers['x-id']`"),
        ("trigger.body.order-id + 1", "column 3: `trigger.body.order-id` is a subtraction, `trigger.body.order` minus `id`: for a member whose name has a `-` write `trigger.body['order-id']`"),
        ("trigger.body.id.foo()", "column 22: there is no function `foo`: docs/language.md lists all functions"),
        ("lenght(trigger.body.id)", "column 9: there is no function `lenght`: write `size(x)`; docs/language.md lists all functions"),
        ("trigger.body.id.contain('x')", "column 26: there is no function `contain`: write `x.contains('part')`, of a list `'item' in x`; docs/language.md lists all functions"),
        ("trigger.body.id.toUpper()", "column 26: there is no function `toUpper`: write `text.upper(x)`; docs/language.md lists all functions"),
        ("trigger.body.id.length()", "column 25: there is no function `length`: write `size(x)`; docs/language.md lists all functions"),
        ("len(trigger.body.id)", "column 6: there is no function `len`: write `size(x)`; docs/language.md lists all functions"),
        ("upper(trigger.body.id)", "column 8: there is no function `upper`: write `text.upper(x)`; docs/language.md lists all functions"),
        ("trigger.body.a == 1 and true", "column 23: `and` is written `&&`"),
        ("trigger.body.id === 'x'", "column 21: `===` is written `==`"),
        ("trigger.body.id <> 'x'", "column 20: `<>` is written `!=`"),
        ("not trigger.body.id", "column 7: `not` is written `!`, as in `!(a == b)`"),
        ('"a" "b"', 'column 7: `"b"` cannot stand here'),
        ("trigger.body['a b'", "column 21: the expression ends too early"),
        ("{'a': 1,", "column 1: `${` is never closed: end the expression with `}`, or write `$${` for a literal `${`"),
        ("None", "column 3: there is no variable `None`: write `null`"),
        ("True", "column 3: there is no variable `True`: write `true`"),
        ("undefined", "column 3: there is no variable `undefined`: write `null`"),
        ("nil", "column 3: there is no variable `nil`: write `null`"),
        ("trigger.body.lines.map(l.sku)", "column 26: there is no variable `l.sku`: variables: config, execution, flow, index, instance, item, steps, trigger"),
        ("trigger.body.id.split(1)", "column 24: `split` does not work on any and int: convert with string(…), int(…) or double(…)"),
        ("f(x)(y)", "column 7: `(` cannot stand here"),
        ("a ?? b", "column 6: `??` is no operator: write `x != null ? x : …`, or `a.?b.orValue(…)`"),
        ("trigger.body.id || 'default'", "column 19: `||` is the or of two conditions: for a default write `a != null ? a : 'default'`, or `a.?b.orValue('default')`"),
        ("trigger.body?.id", "column 19: `?.` is written `.?`, as in `trigger.body.?id.orValue('')`"),
        ("'a' + 'b' + 1", "column 13: `+` does not work on string and int: convert with string(…), int(…) or double(…)"),
        ("trigger.body.total.toFixed(2)", "column 29: there is no function `toFixed`: write `'%.2f'.format([x])`; docs/language.md lists all functions"),
        ("[1].unique()", "column 13: there is no function `unique`: write `list.distinct()`; docs/language.md lists all functions"),
        ("toJson(trigger.body)", "column 9: there is no function `toJson`: write `jsonEncode(x)`; docs/language.md lists all functions"),
        ("sort([1])", "column 7: `sort` is written `list.sort() -> list`; docs/language.md lists all functions"),
        ("[{'a': 1}].sortBy(e, e.a)", "column 14: `sortBy` takes the name of a member as text, as in `lines.sortBy('a')`"),
        ("math.max(1, 2)", "column 3: there is no function `math.max`: write `math.greatest(a, b)`; docs/language.md lists all functions"),
        ("math.greatest(1, 'a')", "column 20: math.greatest() simple literal arguments must be numeric"),
        ("env.X", "column 3: there is no variable `env.X`: an Instance's values are `config.<name>`"),
        ("secrets.key", "column 3: there is no variable `secrets.key`: no expression sees a credential: name the connection in `http.connection`"),
        ("connections.erp", "column 3: there is no variable `connections.erp`: no expression sees a credential: name the connection in `http.connection`"),
        ("input.x", "column 3: there is no variable `input.x`: what came is `trigger`, as in `trigger.body`"),
        ("outputs.x", "column 3: there is no variable `outputs.x`: another step's result is `steps.<name>.output`"),
        ("step.lookup", "column 3: there is no variable `step.lookup`: did you mean `steps`?"),
        ("trigger.boddy", "column 3: there is no variable `trigger.boddy`: did you mean `trigger.body`?"),
        ("trigger.header.x", "column 3: there is no variable `trigger.header.x`: did you mean `trigger.headers`?"),
        ("trigger.querys", "column 3: there is no variable `trigger.querys`: did you mean `trigger.query` or `trigger.queryAll`?"),
        ("execution.ID", "column 3: there is no variable `execution.ID`: did you mean `execution.id`?"),
        ("instance.customer", "column 3: there is no variable `instance.customer`: name one of its members: id, name"),
        ("instance.customer.Id", "column 3: there is no variable `instance.customer.Id`: did you mean `instance.customer.id`?"),
        ("flow.url", "column 3: there is no variable `flow.url`: did you mean `flow.urls`?"),
        ("trigger", "column 3: there is no variable `trigger`: name one of its members: body, bodyAll, contentType, headers, method, path, query, queryAll, rawBody, startedAt"),
        ("steps", "column 3: there is no variable `steps`: name one of its members: for, lines, lookup"),
        ("has(trigger.body)", "column 3: `has(trigger.body)` cannot tell: the variable is always there, null where nothing set it; write `trigger.body != null`"),
        ("has(config.region)", "column 3: `has(config.region)` cannot tell: the variable is always there, null where nothing set it; write `config.region != null`"),
        ("has('a')", "column 7: has() argument must be a field selection"),
        ("$.body.id", "column 3: what stands between `${` and `}` has no `$` of its own: write `trigger.body.id`"),
        ("trigger.body.id;", "column 18: `;` cannot stand here"),
        ("trigger.body.id |upper", "column 19: there are no filters behind `|`: call a function, as in `x.trim()`; the or of two conditions is `||`"),
        ("'it''s'", "column 7: `'s'` cannot stand here"),
        ("trigger.body.price > 10.0.0", "column 28: `.0` cannot stand here"),
        ("1.5.toString()", "column 15: there is no function `toString`: write `string(x)`; docs/language.md lists all functions"),
        ("trigger.headers.content-type == 'a'", "column 3: `trigger.headers.content-type` is a subtraction, `trigger.headers.content` minus `type`: for a member whose name has a `-` write `trigger.headers['content-type']`"),
        ("trigger.headers.x-shopify-topic.startsWith('a')", "column 3: `trigger.headers.x-shopify-topic` is a subtraction, `trigger.headers.x` minus `shopify-topic`: for a member whose name has a `-` write `trigger.headers['x-shopify-topic']`"),
        ("trigger.headers.if-match", "column 3: `trigger.headers.if-match` is a subtraction, `trigger.headers.if` minus `match`: for a member whose name has a `-` write `trigger.headers['if-match']`"),
        ("trigger.query.page-size", "column 3: `trigger.query.page-size` is a subtraction, `trigger.query.page` minus `size`: for a member whose name has a `-` write `trigger.query['page-size']`"),
        ("steps.lookup.output.first-name", "column 3: `steps.lookup.output.first-name` is a subtraction, `steps.lookup.output.first` minus `name`: for a member whose name has a `-` write `steps.lookup.output['first-name']`"),
        ("config.region-name", "column 3: `config.region-name` is a subtraction, `config.region` minus `name`, and there is no `name`"),
        ("trigger.body.in.x + 1", "column 16: `in` is a word of the expression language: as a member's name write `trigger.body['in']`"),
        ("trigger.body.lines.map(in, in.sku)", "column 26: `in` is a word of the expression language and no name: choose another one"),
        ("trigger.body.lines.map(for, for.sku)", "column 26: `for` is a word of the expression language and no name: choose another one"),
        ("let x = 1; x", "column 3: `let` is a word of the expression language and no name: choose another one"),
        ("if trigger.body.n then 1 else 2", "column 3: `if` is a word of the expression language and no name: choose another one"),
        ("return 1", "column 3: `return` is a word of the expression language and no name: choose another one"),
        ("function(x)", "column 3: `function` is a word of the expression language and no name: choose another one"),
        ("x => x + 1", "column 5: `=>` makes no function: write `lines.map(l, l.sku)`, with a comma"),
        ("trigger.body.lines.map(l => l.sku)", "column 28: `=>` makes no function: write `lines.map(l, l.sku)`, with a comma"),
        ("trigger.body.lines[*].sku", "column 22: `[*]` is of JSONPath, for `extract`: here write `lines.map(l, l.sku)`"),
        ("trigger.body.lines[].sku", "column 22: `[]` goes through no list: write `lines.map(l, l.sku)`"),
        ("trigger.body.lines..sku", "column 22: `.` cannot stand here"),
        ("trigger.body.lines[0:2]", "column 23: a part of a list is written `x.slice(0, 2)`, of a text `x.substring(0, 2)`"),
        ("trigger.body.id[0:2]", "column 20: a part of a list is written `x.slice(0, 2)`, of a text `x.substring(0, 2)`"),
        ("`a`", "column 3: a member with special characters is written `x['a b']`"),
        ("\"a' ", "column 3: a text is never closed: end it with the quote it began with"),
        ('trigger.body.id == "x', "column 22: a text is never closed: end it with the quote it began with"),
        ("trigger.body.n++", "column 18: `+` cannot stand here"),
        ("trigger.body.n ** 2", "column 19: `*` cannot stand here"),
        ("trigger.body.n // 2", "column 1: `${` is never closed: end the expression with `}`, or write `$${` for a literal `${`"),
        ("trigger.body.id != nil", "column 22: there is no variable `nil`: write `null`"),
        ("trigger.body.id is null", "column 19: `is` is written `==`"),
        ("trigger.body.id like 'x'", "column 19: `like` is written `x.contains('part')` or `x.matches('pattern')`"),
        ("trigger.body.id in ('a', 'b')", "column 26: `,` cannot stand here"),
        ("trigger.body.id == 'a' ? 'b'", "column 31: the expression ends too early"),
        ("5 minutes", "column 5: `minutes` cannot stand here"),
        ("1,5 + 2", "column 4: `,` cannot stand here"),
        ("1_000 + 1", "column 4: `_000` cannot stand here"),
        ("0x + 1", "column 4: `x` cannot stand here"),
        ("trigger.body.total.round()", "column 27: there is no function `round`: did you mean `math.round`? Else: docs/language.md lists all functions"),
        ("round(trigger.body.total)", "column 8: there is no function `round`: did you mean `math.round`? Else: docs/language.md lists all functions"),
        ("Math.round(trigger.body.total)", "column 3: there is no function `Math.round`: did you mean `math.round` or `math.trunc`? Else: docs/language.md lists all functions"),
        ("math.Round(trigger.body.total)", "column 3: there is no function `math.Round`: did you mean `math.round` or `math.trunc`? Else: docs/language.md lists all functions"),
        ("JSON.stringify(trigger.body)", "column 3: there is no function `JSON.stringify`: write `jsonEncode(x)`; docs/language.md lists all functions"),
        ("json(trigger.body)", "column 7: there is no function `json`: write `jsonEncode(x)`; docs/language.md lists all functions"),
        ("toJson(trigger.body)", "column 9: there is no function `toJson`: write `jsonEncode(x)`; docs/language.md lists all functions"),
        ("trigger.body.id.toUpperCase()", "column 30: there is no function `toUpperCase`: write `x.upperAscii()`; docs/language.md lists all functions"),
        ("string.upper('a')", "column 15: there is no function `upper`: write `x.upperAscii()`; docs/language.md lists all functions"),
        ("base64.encde(b'a')", "column 3: there is no function `base64.encde`: did you mean `base64.encode`? Else: docs/language.md lists all functions"),
    ],
)  # fmt: skip
def test_what_is_refused_at_publication(written: str, read: str) -> None:
    """The column counts in the text with `${` and `}`."""
    with pytest.raises(ExpressionError) as failure:
        template(f"${{{written}}}", SCOPE)

    assert f"column {failure.value.column}: {failure.value}" == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("trigger.body.?id.orValue(1) + 1", '`+` does not work on string and int: `trigger.body.?id.orValue(1)` is "x"; `string(1)` makes text of the number, `int(trigger.body.?id.orValue(1))` or `double(trigger.body.?id.orValue(1))` makes a number of the text'),
        ("trigger.body.if == 1", "there is no member `if` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("trigger.body.in", "there is no member `in` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("config.class + 'a'", "`config.class` is null, on which `+` does not work: test for null first"),
        ("trigger.body.package + 'x'", "there is no member `package` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("trigger.body.true", "there is no member `true` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("trigger.body.a.b > 3", "`trigger.body.a.b` is null, on which `>` does not work: test for null first"),
        ("trigger.body.none > 3", "`trigger.body.none` is null, on which `>` does not work: test for null first"),
        ("trigger.body.a.b.c > 3", "`trigger.body.a.b` is null, so there is no `c` in it: test for null first"),
        ("trigger.body.none + 'a'", "`trigger.body.none` is null, on which `+` does not work: test for null first"),
        ("trigger.body.n + trigger.body.none", "`trigger.body.none` is null, on which `+` does not work: test for null first"),
        ("trigger.body.lines[1].qty * 2", "`trigger.body.lines[1].qty` is null, on which `*` does not work: test for null first"),
        ("trigger.body.lines.map(l, l.qty * 2)", "`l.qty` is null, on which `*` does not work: test for null first (in item 1 of `trigger.body.lines`)"),
        ("trigger.body.n > 'a'", "`>` does not work on int and string: `trigger.body.n` is 3; `int('a')` or `double('a')` makes a number of the text"),
        ("trigger.body.n + 'a'", "`+` does not work on int and string: `trigger.body.n` is 3; `string(trigger.body.n)` makes text of the number, `int('a')` or `double('a')` makes a number of the text"),
        ("'a' + trigger.body.n", "`+` does not work on string and int: `trigger.body.n` is 3; `string(trigger.body.n)` makes text of the number, `int('a')` or `double('a')` makes a number of the text"),
        ("trigger.body.big > 3", '`>` does not work on string and int: `trigger.body.big` is "99999999999999999999999999999999999999999999999999"; `int(trigger.body.big)` or `double(trigger.body.big)` makes a number of the text'),
        ("size(trigger.body.n)", "`size` does not work on int: `trigger.body.n` is 3; convert with string(…), int(…) or double(…)"),
        ("trigger.body.n.startsWith('a')", "`startsWith` does not work on int and string: `trigger.body.n` is 3; convert with string(…), int(…) or double(…)"),
        ("trigger.body.none.size()", "`trigger.body.none` is null, on which `size(…)` does not work: test for null first"),
        ("int(trigger.body.id)", '`int(trigger.body.id)`: "x" is no whole number'),
        ("double('abc')", "`double('abc')`: \"abc\" is no number"),
        ("timestamp(trigger.body.when)", '`timestamp(trigger.body.when)`: "yesterday" is no time of RFC 3339: write it as in 2026-01-31T06:00:00Z'),
        ("timestamp('2026-13-01T00:00:00Z')", "`timestamp('2026-13-01T00:00:00Z')`: \"2026-13-01T00:00:00Z\" is no time of RFC 3339: write it as in 2026-01-31T06:00:00Z"),
        ("duration('5 min')", "`duration('5 min')`: \"5 min\" is no duration: write it as in 90s, 1h30m or 500ms"),
        ("trigger.body.lines[5].sku", "there is no item 5: the list `trigger.body.lines` has 2"),
        ("trigger.body.lines['a']", "`trigger.body.lines` is a list, and `a` a member of its items at best: write `trigger.body.lines[0]`, or `trigger.body.lines.map(i, …)` for all"),
        ("trigger.body.lines.a", "`trigger.body.lines` is a list, and `a` a member of its items at best: write `trigger.body.lines[0]`, or `trigger.body.lines.map(i, …)` for all"),
        ("trigger.body.lines[trigger.body.none]", "an index is a number or a text, and `trigger.body.none` gave null"),
        ("trigger.body.id[0]", '`trigger.body.id` has no members, so there is no `0` in it: it is text, "x"'),
        ("!trigger.body.n", "`trigger.body.n` is 3, a number and not true or false: compare it with something"),
        ("trigger.body.n && true", "`trigger.body.n` is 3, a number and not true or false: compare it with something"),
        ("trigger.body.id ? 1 : 2", '`trigger.body.id` is "x", text and not true or false: compare it with something'),
        ("-trigger.body.id", '`-` does not work on string: `trigger.body.id` is "x"; convert with string(…), int(…) or double(…)'),
        ("trigger.body.n in trigger.body.id", '`trigger.body.id` is "x", and `in` looks into a list or a map: for a part of a text write `trigger.body.id.contains(…)`'),
        ("trigger.body.id in trigger.body.none", "`trigger.body.none` is null, and `in` looks into a list or a map: test for null first"),
        ("10 / trigger.body.zero", "there is no member `zero` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("10 / 0", "divide by zero"),
        ("trigger.body.n % 0", "modulus by zero: `trigger.body.n` is 3"),
        ("trigger.body.id.matches('(')", 'invalid regular expression: missing ): (: `trigger.body.id` is "x"'),
        ("trigger.body.lines.filter(l, l.sku)", '`l.sku` is "a", text and not true or false: compare it with something (in item 0 of `trigger.body.lines`)'),
        ("trigger.body.lines.exists(l, l.qty > 'a')", "`>` does not work on int and string: `l.qty` is 2; `int('a')` or `double('a')` makes a number of the text (in item 0 of `trigger.body.lines`)"),
        ("string(trigger.body)", '`string` does not work on map: `trigger.body` is {"id": "x", "total": 12.5, "n": 3, "lines": [{"sku": "a", "qty": 2}, {"sku": "b… (220 characters); `jsonEncode(trigger.body)` writes it as JSON'),
        ("base64.encode(trigger.body.id)", '`base64.encode` does not work on string: `trigger.body.id` is "x"; `bytes(trigger.body.id)` makes bytes of the text'),
        ("trigger.body.n.m", "`trigger.body.n` has no members, so there is no `m` in it: it is a number, 3"),
        ("trigger.body.id.m == 1", '`trigger.body.id` has no members, so there is no `m` in it: it is text, "x"'),
        ("item.a.b.c", "`item.a` has no members, so there is no `b` in it: it is a number, 1"),
        ("steps.lookup.output.body.x", "there is no member `body` in `steps.lookup.output`, which has status: test with `has(…)` first"),
        ("steps.lookup.error.code == 'x'", "`steps.lookup.error` is null, so there is no `code` in it: test for null first"),
        ("has(trigger.body.a.b.c)", "`trigger.body.a.b` is null, so there is no `c` in it: test for null first"),
        ("size(trigger.body.none)", "`trigger.body.none` is null, on which `size(…)` does not work: test for null first"),
        ("trigger.body.none.startsWith('a')", "`trigger.body.none` is null, on which `startsWith(…)` does not work: test for null first"),
        ("string(trigger.body.none)", "`trigger.body.none` is null, on which `string(…)` does not work: test for null first"),
        ("int(null)", "`int(…)` does not work on null: ask with `== null` or `!= null`"),
        ("trigger.body.none ? 1 : 2", "`trigger.body.none` is null, and not true or false: compare it with something, or with null"),
        ("!trigger.body.none", "`trigger.body.none` is null, and not true or false: compare it with something, or with null"),
        ("trigger.body.none && true", "`trigger.body.none` is null, and not true or false: compare it with something, or with null"),
        ("true && trigger.body.none", "`trigger.body.none` is null, and not true or false: compare it with something, or with null"),
        ("[1].map(i, i + trigger.body.none)", "`trigger.body.none` is null, on which `+` does not work: test for null first (in item 0 of `[1]`)"),
        ("trigger.body.none[0] + 1", "`trigger.body.none` is null, so there is no `0` in it: test for null first"),
        ("trigger.body['a']['b']['c'] + 1", "`trigger.body['a']['b']` is null, so there is no `c` in it: test for null first"),
        ("-trigger.body.none", "`trigger.body.none` is null, on which `-` does not work: test for null first"),
        ("trigger.body.none.map(i, i)", "only lists and maps have items to go through: `trigger.body.none` is null"),
        ("trigger.body.n.map(i,i)", "only lists and maps have items to go through: `trigger.body.n` is 3"),
        ("trigger.body.n.exists(i,i > 1)", "only lists and maps have items to go through: `trigger.body.n` is 3"),
        ("timestamp(trigger.body.none)", "`trigger.body.none` is null, on which `timestamp(…)` does not work: test for null first"),
        ("math.greatest(trigger.body.none, 1)", "`trigger.body.none` is null, on which `greatest(…)` does not work: test for null first"),
        ("'a'.replace(trigger.body.none,'b')", "`trigger.body.none` is null, on which `replace(…)` does not work: test for null first"),
        ("jsonDecode(trigger.body.id)", 'jsonDecode: "x": not valid JSON: Expecting value at line 1, column 1'),
        ("jsonDecode(trigger.body.none)", "`trigger.body.none` is null, on which `jsonDecode(…)` does not work: test for null first"),
        ("[1,'a'].sort()", 'sort: item 1 is text, "a", and item 0 is a number: only like can be ordered'),
        ("trigger.body.lines[trigger.body.id]", "`trigger.body.lines` is a list, and `x` a member of its items at best: write `trigger.body.lines[0]`, or `trigger.body.lines.map(i, …)` for all"),
        ("trigger.body.lines[-1]", "there is no item -1: the list `trigger.body.lines` has 2"),
        ("trigger.body.lines[10] + 1", "there is no item 10: the list `trigger.body.lines` has 2"),
        ("(trigger.body.n + 'a') == 'b' || false", "`+` does not work on int and string: `trigger.body.n` is 3; `string(trigger.body.n)` makes text of the number, `int('a')` or `double('a')` makes a number of the text"),
        ("trigger.body.n == 3 ? trigger.body.id * 2 : 0", '`*` does not work on string and int: `trigger.body.id` is "x"; `int(trigger.body.id)` or `double(trigger.body.id)` makes a number of the text'),
        ("has(trigger.body.x.y)", "there is no member `x` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("has(trigger.body.none.y)", "`trigger.body.none` is null, so there is no `y` in it: test for null first"),
        ("trigger.body.lines.filter(l, l.qty > 1).size()", "`l.qty` is null, on which `>` does not work: test for null first (in item 1 of `trigger.body.lines`)"),
        ("trigger.body.lines.map(l, l.price)", "there is no member `price` in `l`, which has sku, qty: test with `has(…)` first (in item 0 of `trigger.body.lines`)"),
        ("trigger.body.lines.all(l, l.price > 1)", "there is no member `price` in `l`, which has sku, qty: test with `has(…)` first (in item 0 of `trigger.body.lines`)"),
        ("trigger.body.lines.map(l, l.qty, l.sku)", "`l.qty` is 2, a number and not true or false: compare it with something (in item 0 of `trigger.body.lines`)"),
        ("{'a': trigger.body.none + 1}", "`trigger.body.none` is null, on which `+` does not work: test for null first"),
        ("[trigger.body.id * 2]", '`*` does not work on string and int: `trigger.body.id` is "x"; `int(trigger.body.id)` or `double(trigger.body.id)` makes a number of the text'),
        ("trigger.body.when - trigger.body.when", '`-` does not work on string and string: `trigger.body.when` is "yesterday" and `trigger.body.when` is "yesterday"; convert with string(…), int(…) or double(…)'),
        ("timestamp(trigger.body.id) + duration('1h')", '`timestamp(trigger.body.id)`: "x" is no time of RFC 3339: write it as in 2026-01-31T06:00:00Z'),
        ("trigger.body.id.matches('[')", 'invalid regular expression: missing ]:: `trigger.body.id` is "x"'),
        ("trigger.body.id.substring(5, 9)", '<string>.substring(<start>, <end>): <start> or <end> is greater than <string>.size(): `trigger.body.id` is "x"'),
        ("trigger.body.id.charAt(9)", '<string>.charAt(<pos>): <pos> is greater than <string>.size(): `trigger.body.id` is "x"'),
        ("'%d'.format([trigger.body.id])", 'decimal clause can only be used on numbers, was given string: `[trigger.body.id]` is ["x"]'),
        ("trigger.headers['X-Id']", "there is no member `X-Id` in `trigger.headers`: did you mean `x-id`? Else test with `has(…)` first"),
        ("trigger.headers['X-Id'] + 'a'", "there is no member `X-Id` in `trigger.headers`: did you mean `x-id`? Else test with `has(…)` first"),
        ("trigger.body.order-item.x", "there is no member `order` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first (`trigger.body.order-item` is a subtraction: for a member whose name has a `-` write `trigger.body['order-item']`)"),
        ("trigger.body.as + 1", "there is no member `as` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("trigger.body.null", "there is no member `null` in `trigger.body`, which has id, total, n, lines, none, for, a, when, big: test with `has(…)` first"),
        ("trigger.body.lines.length", "there is no `length` in `trigger.body.lines`: write `size(trigger.body.lines)`"),
        ("trigger.body.id.length", "there is no `length` in `trigger.body.id`: write `size(trigger.body.id)`"),
        ("trigger.body.lines.size", "`size` is a function: it is written `size(string) -> int` or `size(bytes) -> int` or `size(list) -> int` or `size(map) -> int`"),
        ("trigger.body.lines.first.sku", "`first` is a function: it is written `list.first() -> optional`"),
    ],
)  # fmt: skip
def test_what_fails_when_it_runs(written: str, read: str) -> None:
    """The part that failed, the values that it had, and the remedy."""
    with pytest.raises(ExpressionError) as failure:
        template(f"${{{written}}}", SCOPE).evaluate(VALUES)

    assert str(failure.value) == read


@pytest.mark.parametrize("written", ["trigger.body['for']", "trigger.body.for + 0", "steps.for.output == null", "trigger.headers['content-type']", "trigger.body.n-index", "trigger.body.?zip.orValue('')", "trigger.body.lines.map(in_, in_.sku)"])  # fmt: skip
def test_what_looks_like_a_mistake_and_is_none(written: str) -> None:
    """Reserved words as members, dashes in brackets, a subtraction of two variables."""
    template(f"${{{written}}}", SCOPE).evaluate(VALUES)


def test_a_value_is_masked_before_it_is_shortened() -> None:
    """A part of a secret would be one that no masker knows."""
    secret = "s3cr3t" * 40
    with pytest.raises(ExpressionError) as failure:
        condition("trigger.body > 3", SCOPE).evaluate({"trigger": {"body": secret}})
    masked = failure.value.told(lambda value: value.replace(secret, "•••") if isinstance(value, str) else value)

    assert '`trigger.body` is "•••"' in masked
    assert len(str(failure.value)) < 4 * MAX_QUOTED


def test_a_functions_own_words_show_no_part_of_a_secret() -> None:
    """They are shortened by the function, so they are left out as a whole where a value holds a secret."""
    secret = "s3cr3t" * 40

    def masked(value: Any) -> Any:
        return value.replace(secret, "***") if isinstance(value, str) else value

    for written in (
        "jsonDecode(trigger.body)",
        "[jsonDecode(trigger.body)]",
        "trigger.body.`x` + jsonDecode(trigger.body)",
    ):
        with pytest.raises(ExpressionError) as failure:
            template(f"${{{written}}}", SCOPE).evaluate({"trigger": {"body": secret}})

        assert "s3cr" not in failure.value.told(masked), written


def test_an_explanation_of_a_long_list_ends() -> None:
    """What is too much to look at is told without its part."""
    many = [{"n": 1}] * 5000 + [{"n": None}]
    with pytest.raises(ExpressionError, match="does not work on null and int"):
        template("${trigger.body.map(i, i.n + 1)}", SCOPE).evaluate({"trigger": {"body": many}})
