"""The recipes of docs/cookbook: what stands in a recipe's folder, as values that the documentation and a test both go by.

`integration.yaml` and `instance.yaml` are what kubectl applies; `recipe.yaml` says what is sent and what must come of it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

ROOT: Final = Path(__file__).resolve().parents[1] / "docs" / "cookbook"
KEY: Final = "$KEY"
"""Stands in a request's header for the key of the Instance's webhooks."""


class Part(BaseModel):
    """Base of what stands in a recipe.yaml: unknown members are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Content(Part):
    """Headers, and a body in one of three forms: `body` is text, `json` a value, `file` a file of the recipe's folder."""

    headers: Mapping[str, str] = {}
    body: str | None = None
    json_: Any = Field(default=None, alias="json")
    file: str | None = None

    @model_validator(mode="after")
    def _one_body(self) -> "Content":
        if sum(value is not None for value in (self.body, self.json_, self.file)) > 1:
            raise ValueError("write one of body, json and file")
        return self


class Sent(Content):
    """A request to the flow's webhook; `path` is what follows the flow's name, `at` when it arrives (default: now)."""

    method: str = "POST"
    path: str = ""
    at: datetime | None = None


class Answer(Content):
    """What the customer's system answers."""

    status: int = 200


class Received(Content):
    """What a customer's system must receive: `request` is method and URL; of the headers, those that are listed."""

    request: str
    answer: Answer = Answer()

    @property
    def method(self) -> str:
        return self.request.split(" ", 1)[0]

    @property
    def url(self) -> str:
        return self.request.split(" ", 1)[1]


class Run(Part):
    """One delivery or one tick, and what must come of it."""

    title: str = ""
    flow: str
    send: Sent | None = None
    tick: datetime | None = None
    repeated: bool = False
    """Whether it is one delivery with an earlier one: no execution starts."""
    receives: list[Received] = []
    ends: Literal["passed", "failed", "completed_with_errors"] = "passed"
    error: str | None = None
    """Words that stand in the execution's error."""
    outputs: Mapping[str, Any] = {}
    """Outputs of steps, by their paths."""
    unrecorded: list[str] = []
    """Texts that no record may hold."""

    @model_validator(mode="after")
    def _one_start(self) -> "Run":
        if (self.send is None) == (self.tick is None):
            raise ValueError("write send for a webhook or tick for a schedule")
        return self


class Recipe(Part):
    """A recipe; `folder` is where it lies, `systems` are the origins that stand for customers' systems in it."""

    folder: Path
    title: str
    problem: str
    how: str
    systems: list[str]
    runs: list[Run] = Field(min_length=1)

    @property
    def name(self) -> str:
        return self.folder.name

    def text(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")

    def objects(self) -> Iterator[dict[str, Any]]:
        """What kubectl applies."""
        for file in ("integration.yaml", "instance.yaml"):
            yield from yaml.safe_load_all(self.text(file))


def recipe(folder: Path) -> Recipe:
    """Read a recipe; raises pydantic's ValidationError, which names what is wrong."""
    given = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
    return Recipe.model_validate({**given, "folder": folder})


def folders() -> list[Path]:
    """All recipes' folders, by name."""
    return sorted(path.parent for path in ROOT.glob("*/recipe.yaml"))
