"""The operator's own exceptions, as a tree:

OperatorError
├── KeyNotAdopted       a Secret under a generated key's name is not one; the user's to change
├── LeaseLostError      another replica may be active: this process must end
└── NotYet              a reconciliation that waits for something; tried again after `seconds`
"""


class OperatorError(Exception):
    """Base of what the operator raises on purpose."""


class KeyNotAdopted(OperatorError):
    """A Secret under the name of a generated key is none that Penstock made; the message names it, and what to do."""


class LeaseLostError(OperatorError):
    """Another replica may be active: this process must end."""


class NotYet(OperatorError):
    """A reconciliation that waits for something that is not its own; `seconds` until the next try."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds
