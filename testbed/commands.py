"""The commands of the test bed, as typed: parsing, and what is said around the work."""

import argparse
import os
import shlex
import time
from collections.abc import Callable, Sequence

from testbed import builders, debian, forecast, images, preparation, programs
from testbed.console import say, timed
from testbed.errors import TestbedError
from testbed.layout import Layout, layout_from
from testbed.provider import Provider, choose

VARIABLES = """\
environment variables:
  PENSTOCK_TESTBED_PROVIDER  kind, node (in namespaces: Linux, root, no Docker needed) or existing;
                             default: kind where Docker answers, else node
  PENSTOCK_TESTBED_CONTEXT   existing: the kubeconfig context to use
  PENSTOCK_TESTBED_ALLOW     existing: the contexts that may be used; tests create and delete cluster-wide objects
  PENSTOCK_STATE             what lives as long as the cluster (default /var/lib/penstock-testbed)
  PENSTOCK_CACHE             what outlives it: programs, image layers, a Go of its own (default ~/.cache/penstock)
  PENSTOCK_BASE              Docker: the base image with Python, instead of the official one
"""

Command = Callable[[argparse.Namespace, Provider, Layout], int]


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status: 0, or 1 with a message on standard error."""
    parsed = _parser().parse_args(arguments)
    command: Command = parsed.command
    try:
        layout = layout_from(os.environ)
        return command(parsed, choose(os.environ, layout), layout)
    except TestbedError as error:
        say(f"testbed: {error}")
    except KeyboardInterrupt:
        say("testbed: interrupted")
    return 1


def up(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    started = time.monotonic()
    say(f"starting the test cluster (provider {provider.name})")
    provider.up()
    say(f"the cluster is up ({time.monotonic() - started:.1f} s)")
    say('next, in this directory: eval "$(python3 -m testbed env)" && kubectl get nodes')
    return 0


def down(parsed: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    provider.down(purge=parsed.purge)
    return 0


def load(parsed: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    builder = builders.choose(layout)
    for image in parsed.image:
        if not builder.holds(image):
            raise TestbedError(f"there is no image {image} on this machine: build it first, or check its name")
        with timed(f"loaded {image}"):
            provider.load(image, builder)
    return 0


def status(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    running = provider.running()
    print(f"provider    {provider.name}")
    print(f"cluster     {'running and Ready' if running else 'not running: `python3 -m testbed up` starts it'}")
    print(f"kubeconfig  {provider.kubeconfig()}{'' if running else ' (once it runs)'}")
    for target, image in images.built(layout).items():
        print(f"image       {target}: {image}")
    return 0 if running else 1


def kubeconfig(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    print(provider.kubeconfig())
    return 0


def env(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    tools = provider.tools()
    path = f'PATH={shlex.quote(str(tools))}:"$PATH" ' if tools else ""
    print(f"export {path}KUBECONFIG={shlex.quote(str(provider.kubeconfig()))}")
    return 0


def build_images(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    if provider.name == "existing":
        images.pushed(layout)
        say(f"using the images that {layout.images_file} names")
    else:
        images.build_and_load(layout, provider)
    return 0


def sboms(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    from testbed import sbom  # its library comes with the development requirements: the demo has none

    say("what is in the images:")
    sbom.write_all(layout, builders.choose(layout))
    return 0


def prepare(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    preparation.prepare(layout, provider)
    return 0


def packages(_: argparse.Namespace, provider: Provider, layout: Layout) -> int:
    say(f"before the first test on the cluster: {forecast.words(forecast.observe(layout, provider))}")
    debian.ensure(debian.TEST_PROGRAMS)
    if provider.name == "node":
        programs.ensure(layout)  # the chart's tests call helm before there is a cluster
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m testbed",
        description="A real Kubernetes cluster for tests and the demo.",
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    add("up", up, "start the cluster, or find it running")
    purge = add("down", down, "end the cluster and remove all that it left behind")
    purge.add_argument(
        "--purge", action="store_true", help="remove the compiled programs, the image layers and Go as well"
    )
    add("load", load, "make images that were built here available in the cluster").add_argument(
        "image", nargs="+", metavar="IMAGE"
    )
    add("status", status, "tell what runs; exits with 1 where nothing does")
    add("kubeconfig", kubeconfig, "print the kubeconfig's path")
    add(
        "env",
        env,
        'print a line for the shell: eval "$(python3 -m testbed env)" gives it kubectl, helm and the cluster',
    )
    add("prepare", prepare, "make all at once what `up` and `images` need: compiled programs, Debian packages, images")
    add(
        "packages",
        packages,
        "install what the tests need before a cluster is up: Debian packages, and the node's programs",
    )
    add("images", build_images, "build the runner, operator and gateway images and load them into the cluster")
    add("sboms", sboms, "write build/sbom/PROGRAM.cdx.json: what is in each image, in CycloneDX")
    return parser
