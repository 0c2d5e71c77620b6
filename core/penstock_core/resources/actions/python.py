"""The python action."""

from typing import Final

from penstock_core.resources.base import ActionMember, Resource, described


class Python(Resource):
    """Python code."""

    code: str = described(
        "Python source that defines `run(context)`; what it returns is the output. `context` has trigger, config, steps,"
        " item, index, execution, instance, flow and log. The code is no template, `${…}` in it is its own: values come by"
        " `context`.",
        example='def run(context): return {"lines": len(context.trigger["body"]["lines"])}',
        min_length=1,
        max_length=262_144,
    )


MEMBER: Final = ActionMember(
    text="Action: Python code. Output: what `run` returns.",
    example={"code": "def run(context): return 1"},
)
