"""`forEach` and `branch`: steps that hold steps."""

from penstock_runner.engine.action import Call


class Nesting:
    """What the two have in common: they evaluate their own members, and have the effects of what they hold."""

    evaluates = False

    def prepare(self, call: Call) -> None:
        """Nothing to add."""
