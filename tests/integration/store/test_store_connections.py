"""What connects the long-running programs to the database."""

from penstock_core.store.connection.pool import DEAD_PEER, Pool


async def test_a_connection_notices_a_peer_that_vanished(pool: Pool) -> None:
    """The kernel's own patience is 15 minutes: the pool's connections ask for seconds."""
    async with pool.connection() as connection:
        chosen = connection.info.get_parameters()

    assert {name: chosen.get(name) for name in DEAD_PEER} == {name: str(value) for name, value in DEAD_PEER.items()}
