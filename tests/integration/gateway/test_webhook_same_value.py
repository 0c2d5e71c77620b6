"""Which values of `deduplicateBy` are one delivery, through the gateway into the database."""

from deliveries import PAIRS
from gateway_stand import INSTANCE, TENANT, Stand, flow, until


async def test_pairs_of_requests(stand: Stand) -> None:
    """Each pair of the table is one execution or two, as it says."""
    names = [f"pair{number}" for number in range(len(PAIRS))]
    for name, (value, *_) in zip(names, PAIRS, strict=True):
        stand.serve(flow(name, deduplicateBy={"value": value, "windowSeconds": 60, "afterFailure": "again"}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, names[-1]))

    found = []
    for name, (value, content_type, first, second, same) in zip(names, PAIRS, strict=True):
        types = (content_type, content_type) if isinstance(content_type, str) else content_type
        answers = [
            await stand.post(name, content=raw, headers={"Content-Type": each})
            for raw, each in zip((first, second), types, strict=True)
        ]
        assert [answer.status_code for answer in answers] == [202, 202], (value, first)
        one = answers[0].json()["executionId"] == answers[1].json()["executionId"]
        found += [(value, first[:60], second[:60])] if one is not same else []

    assert found == []
