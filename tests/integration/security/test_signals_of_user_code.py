"""A python step has the runner's user, and cannot make it believe that its pod is to stop."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import timeouts
from lacking import lacking
from penstock_runner.process.termination import is_from_outside

# what a runner does, as the first process of a PID namespace of its own, beside a child that sends it all it can
RUNNER = textwrap.dedent(
    """
    import ctypes, os, signal, subprocess, sys
    from penstock_runner.process.termination import Termination

    def say(words):
        os.write(1, words.encode() + b"\\n")

    termination = Termination(lambda: (say("terminated"), os._exit(75)))
    termination.start()
    child = '''
    import ctypes, os, signal
    assert os.getppid() == 1
    os.kill(1, signal.SIGTERM)
    os.kill(1, signal.SIGINT)
    os.kill(1, signal.SIGHUP)
    libc = ctypes.CDLL(None, use_errno=True)
    class Info(ctypes.Structure):
        _fields_ = [("signo", ctypes.c_int), ("errno", ctypes.c_int), ("code", ctypes.c_int), ("pad", ctypes.c_int),
                    ("pid", ctypes.c_int), ("uid", ctypes.c_int), ("rest", ctypes.c_char * 104)]
    RT_SIGQUEUEINFO = {"x86_64": 129, "aarch64": 138}[os.uname().machine]
    for code in (0, -1, 0x80):
        info = Info(signal.SIGTERM, 0, code, 0, 0, 0, b"")
        libc.syscall(RT_SIGQUEUEINFO, 1, signal.SIGTERM, ctypes.byref(info))
    '''
    subprocess.run([sys.executable, "-c", __import__("textwrap").dedent(child)], check=True)
    while signal.sigpending():
        os.sched_yield()
    say("still here")
    signal.pause()
    """
)


def test_only_a_signal_from_outside_of_the_container_ends_a_runner() -> None:
    """`kill` and forged signals of a child do nothing; what the container runtime sends from outside hands over."""
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*unshare, "true"], check=False).returncode != 0:
        lacking("this machine makes no PID namespaces")
    with subprocess.Popen([*unshare, sys.executable, "-c", RUNNER], stdout=subprocess.PIPE, text=True) as outer:
        assert outer.stdout is not None
        said = outer.stdout.readline()
        with open(f"/proc/{outer.pid}/task/{outer.pid}/children") as children:  # noqa: PTH123
            runner = int(children.read().split()[0])
        os.kill(runner, signal.SIGTERM)

        assert (said, outer.stdout.readline()) == ("still here\n", "terminated\n")
        assert outer.wait(timeout=timeouts.COMMAND) == 75


@pytest.mark.parametrize(
    ("code", "sender", "outside"),
    [(0, 0, True), (0x80, 0, True), (0, 17, False), (-1, 0, False), (-6, 0, False), (0, 1, False)],
)
def test_what_the_first_process_believes(code: int, sender: int, outside: bool) -> None:
    """A plain `kill` by a process without a number in the namespace, and nothing that can be forged."""
    assert is_from_outside(code=code, sender=sender, own=1) is outside


def test_a_runner_by_itself_believes_others_but_its_children() -> None:
    """Outside of a container the machine's other processes may stop it."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert not is_from_outside(code=0, sender=child.pid, own=os.getpid())
        assert is_from_outside(code=0, sender=os.getppid(), own=os.getpid())
        child.communicate(b"\n")
