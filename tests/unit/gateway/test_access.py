"""Who may read what: how the API server is asked, how often, and what happens when it does not answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway_stand import until
from penstock_core.cluster import Caller
from penstock_core.errors import ClusterUnavailable
from penstock_gateway.api.authorization import LIST, Access
from penstock_gateway.problems import Problem

ANNA = Caller(user="anna")
PARALLEL = 16
STRANGERS = 8


class Reviews:
    """An API server that knows the tokens and namespaces it is told; it waits while `answering` is not set."""

    def __init__(self, *, tokens: dict[str, Caller] | None = None, namespaces: frozenset[str] = frozenset()) -> None:
        self.tokens = tokens or {}
        self.namespaces = namespaces
        self.asked: list[str] = []
        self.running = 0
        self.broken: frozenset[str] = frozenset()
        self.answering = asyncio.Event()
        self.answering.set()

    async def review_token(self, token: str, audiences: tuple[str, ...] = ()) -> Caller | None:
        async with self._review(token):
            return self.tokens.get(token)

    async def review_access(self, caller: Caller, *, namespace: str, **_: Any) -> bool:
        async with self._review(namespace):
            return namespace in self.namespaces

    @asynccontextmanager
    async def _review(self, about: str) -> AsyncIterator[None]:
        self.asked.append(about)
        self.running += 1
        try:
            if about in self.broken:
                raise ClusterUnavailable("no answer")
            await self.answering.wait()
            yield
        finally:
            self.running -= 1


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def made(reviews: Reviews, clock: Clock | None = None, **limits: Any) -> Access:
    return Access(reviews, audience="penstock", release="penstock-system.penstock", clock=clock or Clock(), **limits)  # type: ignore[arg-type]


async def slug(asking: Any) -> str:
    try:
        await asking
    except Problem as problem:
        return problem.kind.slug
    return ""


@pytest.mark.parametrize(("token", "refusal"), [("good", ""), ("junk", "token-refused")])
async def test_reviews_of_tokens_count_for_30_seconds(token: str, refusal: str) -> None:
    """Accepted or refused, a token is not asked for again until then."""
    reviews, clock = Reviews(tokens={"good": ANNA}), Clock()
    access = made(reviews, clock)

    for clock.now in (0.0, 29.0, 31.0):
        assert await slug(access.caller(f"Bearer {token}")) == refusal

    assert reviews.asked == [token, token]


@pytest.mark.parametrize("namespace", ["mine", "other"])
async def test_reviews_of_rights_count_for_30_seconds(namespace: str) -> None:
    """Granted or not, a right is not asked for again until then."""
    reviews, clock = Reviews(namespaces=frozenset({"mine"})), Clock()
    access = made(reviews, clock)

    for clock.now in (0.0, 29.0, 31.0):
        assert await access.may(ANNA, LIST, namespace) is (namespace == "mine")

    assert reviews.asked == [namespace, namespace]


async def test_equal_questions_are_asked_once() -> None:
    """Requests that come while a token is being reviewed wait for the same answer."""
    reviews = Reviews(tokens={"good": ANNA})
    access = made(reviews)
    reviews.answering.clear()
    asking = [asyncio.create_task(access.caller("Bearer good")) for _ in range(50)]
    await until(lambda: reviews.running)
    reviews.answering.set()

    assert await asyncio.gather(*asking) == [ANNA] * 50
    assert reviews.asked == ["good"]


async def test_one_who_gives_up_leaves_the_question_to_others() -> None:
    """A review goes on while anybody waits for it, and ends with the last."""
    reviews = Reviews(tokens={"good": ANNA})
    access = made(reviews)
    reviews.answering.clear()
    first, second = (asyncio.create_task(access.caller("Bearer good")) for _ in range(2))
    await until(lambda: reviews.running)
    first.cancel()
    await asyncio.wait([first])
    assert reviews.running == 1

    second.cancel()
    await until(lambda: not reviews.running)
    reviews.answering.set()

    assert await access.caller("Bearer good") == ANNA
    assert reviews.asked == ["good", "good"]


async def test_unknown_tokens_beyond_a_few_are_sent_away_at_once() -> None:
    """Making up tokens fills neither the API server nor the connections to it; known callers notice nothing."""
    reviews, clock = Reviews(tokens={"good": ANNA}), Clock()
    access = made(reviews, clock)
    await access.caller("Bearer good")
    reviews.answering.clear()
    junk = [asyncio.create_task(slug(access.caller(f"Bearer junk {n}"))) for n in range(100)]
    await until(lambda: sum(task.done() for task in junk) == 100 - STRANGERS)
    clock.now = 31.0
    known = asyncio.create_task(access.caller("Bearer good"))
    await until(lambda: "good" in reviews.asked[1:])
    reviews.answering.set()

    assert await known == ANNA
    answers = await asyncio.gather(*junk)
    assert (answers.count("overloaded"), answers.count("token-refused")) == (100 - STRANGERS, STRANGERS)


async def test_junk_does_not_push_out_good_answers() -> None:
    """Refused tokens have a place of their own."""
    reviews = Reviews(tokens={"good": ANNA})
    access = made(reviews, entries=10)
    await access.caller("Bearer good")
    for number in range(30):
        await slug(access.caller(f"Bearer junk {number}"))

    await access.caller("Bearer good")

    assert reviews.asked.count("good") == 1


async def test_first_failure_ends_the_other_reviews() -> None:
    """A list over many namespaces does not go on asking an API server that fails."""
    reviews = Reviews()
    access = made(reviews)
    await access.may(ANNA, LIST, "")
    reviews.answering.clear()
    reviews.broken = frozenset({"broken"})
    known = {"broken", *(f"team-{number}" for number in range(100))}

    assert await slug(access.allowed_namespaces(ANNA, LIST, known)) == "cluster-unavailable"
    await until(lambda: not reviews.running)
    assert len(reviews.asked) < 2 * PARALLEL
    reviews.answering.set()
    assert await access.allowed_namespaces(ANNA, LIST, ["team-1"]) == frozenset()


async def test_slow_reviews_are_a_problem_of_the_api_server() -> None:
    """Nobody waits longer than a few seconds, nothing stays behind, and the database is not blamed."""
    reviews = Reviews(tokens={"good": ANNA})
    access = made(reviews, answer_seconds=0.01)
    reviews.answering.clear()

    assert await slug(access.caller("Bearer good")) == "cluster-unavailable"
    assert await slug(access.may(ANNA, LIST, "mine")) == "cluster-unavailable"
    assert await slug(access.allowed_namespaces(ANNA, LIST, ["a", "b"])) == "cluster-unavailable"
    await until(lambda: not reviews.running)


async def test_namespaces_that_the_caller_may_list() -> None:
    """Each is asked for, unless the caller may list all."""
    some = Reviews(namespaces=frozenset({"a", "b"}))
    everything = Reviews(namespaces=frozenset({""}))

    assert await made(some).allowed_namespaces(ANNA, LIST, ["a", "b", "c"]) == {"a", "b"}
    assert await made(everything).allowed_namespaces(ANNA, LIST, ["a", "c"]) == {"a", "c"}
    assert everything.asked == [""]
