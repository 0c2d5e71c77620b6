"""What can go wrong in the test bed: every error says what the person at the keyboard can do about it."""


class TestbedError(Exception):
    """The test bed cannot do what was asked; the message says why and what helps."""

    __test__ = False  # the name starts with Test, which pytest would collect


class CommandFailed(TestbedError):
    """A program that the test bed called ended with an error; the message holds its last words."""
