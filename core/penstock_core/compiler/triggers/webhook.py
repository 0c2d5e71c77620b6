"""What is checked of a webhook: nothing beyond its schema."""

from collections.abc import Callable, Iterator

from penstock_core.resources.integration import WebhookTrigger


def checks(_: WebhookTrigger) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each field, with what raises where it is wrong."""
    yield from ()
