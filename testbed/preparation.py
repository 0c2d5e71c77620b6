"""What can be made before there is a cluster, all at once: the node's programs and Penstock's images.

Compiling wants the processors, images and packages mostly wait for the network and the disk: side by side they take
hardly longer than the compiling alone.
"""

from concurrent.futures import ThreadPoolExecutor

from testbed import builders, debian, images, programs
from testbed.console import say
from testbed.errors import TestbedError
from testbed.layout import Layout
from testbed.provider import Provider


def prepare(layout: Layout, provider: Provider) -> None:
    """Make what the provider needs before it starts; other providers than the node make nothing themselves."""
    if provider.name != "node":
        return
    with ThreadPoolExecutor(1) as beside:
        compiled = beside.submit(programs.ensure, layout)
        try:
            debian.ensure(debian.NODE_PROGRAMS | debian.IMAGE_PROGRAMS)
            images.build(layout, builders.choose(layout), pulls=provider.pulls)
        except TestbedError as error:
            if not compiled.done():
                say(f"this failed, and will be said again once the compiler has ended: {error}")
            raise
        compiled.result()
