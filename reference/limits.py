"""Sizes, counts and depths that authors meet, read from the constants that hold them."""

import dataclasses
from collections.abc import Iterator
from typing import Final

from penstock_core.body import bounds, json_body, parsing, xml_body
from penstock_core.codec import DEFAULT_LIMIT
from penstock_core.compiler import MAX_COMPUTED, MAX_PROBLEMS
from penstock_core.expressions import restricted
from penstock_core.expressions.functions.calling import bounds as of_functions
from penstock_core.masking import MIN_LENGTH
from penstock_core.resources.actions.branch import MAX_BRANCHES
from penstock_core.resources.actions.for_each import ForEach
from penstock_core.resources.actions.http import Http
from penstock_core.resources.base import EXPRESSION_LENGTH, MAX_NESTED_STEPS, TEXT_LENGTH, Resource, default_of
from penstock_core.resources.integration import MAX_FLOWS
from penstock_core.resources.steps import MAX_STEPS, NestedStep, Retry
from penstock_core.values import plain_values
from penstock_gateway.settings import Settings
from penstock_gateway.webhooks import request_data
from penstock_operator.instances import plan
from penstock_runner.actions.http import exchange
from penstock_runner.actions.python import conversation, worker, workers
from reference import markdown

LEVELS: Final = 3
"""Of steps inside one another: there is a model for each (`resources/steps.py`)."""


def table() -> str:
    """What is bounded, and by how much."""
    return markdown.table(("what", "limit"), rows())


def rows() -> Iterator[tuple[str, str]]:
    """Each with its unit."""
    yield "flows of an Integration", f"{MAX_FLOWS}"
    yield "steps of a flow; steps inside a forEach or a case of a branch", f"{MAX_STEPS:,}; {MAX_NESTED_STEPS}"
    yield "cases of a branch", f"{MAX_BRANCHES}"
    yield "levels on which steps nest", f"{LEVELS}"
    yield "a bare expression; a text with `${…}`", f"{EXPRESSION_LENGTH:,}; {TEXT_LENGTH:,} characters"
    yield "`deduplicateBy.value`", f"{restricted.MAX_LENGTH:,} characters"
    yield (
        "computed expressions of an Integration",
        f"{MAX_COMPUTED:,}, one for each and one for each 16 characters of it",
    )
    yield "problems that one publication names", f"{MAX_PROBLEMS}"
    yield "`retry.attempts`", f"{_most(Retry, 'attempts')}"
    yield "`forEach.parallel`", f"{_most(ForEach[NestedStep], 'parallel')}"
    yield (
        "a request's body",
        f"{markdown.size(_body_bytes())}, unless the installation says otherwise (`gateway.maxBodyBytes`)",
    )
    yield "of a JSON body: depth; the characters `{ [ , :` outside of strings", _json()
    yield (
        "of an XML body as a value: depth; elements, four each, and attributes",
        f"{xml_body.MAX_DEPTH}; {bounds.MOST:,}",
    )
    yield "of a CSV body as a value: cells, and two for each row", f"{bounds.MOST:,}"
    yield "fields of a form; parameters of a query", f"{parsing.MAX_FIELDS:,}; {request_data.MAX_QUERY_FIELDS:,}"
    yield "an answer's body", _answer()
    yield "redirects of a request", f"{exchange.MAX_REDIRECTS}"
    yield "of what a function takes or gives: characters or bytes; items", _functions()
    yield "all functions of one evaluation", f"{of_functions.MAX_SECONDS} s of a processor"
    yield "levels of a value that a python step returns", f"{plain_values.MAX_DEPTH}"
    yield "what a python step returns", markdown.size(workers.MAX_RESULT_BYTES)
    yield "its log lines", f"{worker.MAX_LINES:,}; {markdown.size(conversation.MAX_BYTES)} together"
    yield "files that it writes; opens", f"{markdown.size(worker.MAX_FILE_BYTES)} each; {worker.MAX_OPEN_FILES:,}"
    yield "a value in the record (larger ones are cut there, and pass on whole)", markdown.size(DEFAULT_LIMIT)
    yield (
        "variables of an Instance; in all its flows",
        f"{markdown.size(plan.MAX_VARIABLES_BYTES)}; {markdown.size(plan.MAX_REPEATED_BYTES)}",
    )
    yield "a credential that is masked", f"{MIN_LENGTH} characters at least"


def _body_bytes() -> int:
    return next(each.default for each in dataclasses.fields(Settings) if each.name == "max_body_bytes")  # type: ignore[return-value]  # its field is an int


def _json() -> str:
    return f"{json_body.MAX_DEPTH}; {bounds.MOST:,} in a webhook's"


def _functions() -> str:
    return f"{of_functions.MAX_TEXT:,}; {of_functions.MAX_ITEMS:,}"


def _answer() -> str:
    usual, most = (
        markdown.size(each) for each in (default_of(Http, "max_response_bytes"), _most(Http, "max_response_bytes"))
    )
    return f"{usual}; `http.maxResponseBytes` says otherwise, {most} at most"


def _most(model: type[Resource], field: str) -> int:
    """The bound `le` of a field."""
    bounds = (getattr(each, "le", None) for each in model.model_fields[field].metadata)
    return next(int(bound) for bound in bounds if bound is not None)
