"""Processes are kept running, whatever ends them, by a parent that waits for nothing but them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.conftest import HERE
from tests.cli.serving.serving import SOON_SECONDS

_BEGINNING = """
import os, signal, sys, time
from flowpilot.cli.serving.processes import Patience, Processes

def say(*words):
    print(*words, flush=True)

def run(count, target, **patience):
    sys.exit(not Processes(count, target, on_up=lambda: say("all up"), patience=Patience(**patience)).run())

def stay(member):
    while True:
        member.say_up()
        time.sleep(0.1)
"""


@contextmanager
def _running(script: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", _BEGINNING + script]
    with subprocess.Popen(
        command, env=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _said(process: "subprocess.Popen[str]", pattern: str) -> "re.Match[str]":
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"Nothing was said of {pattern}: {lines}")


def test_one_that_is_silent_is_killed_and_started_again() -> None:
    script = """
def target(member):
    say("started", member.number, os.getpid())
    stay(member)
run(1, target, silent_seconds=1)
"""
    with _running(script) as process:
        pid = int(_said(process, r"started 1 (\d+)")[1])
        _said(process, "all up")
        os.kill(pid, signal.SIGSTOP)
        _said(process, rf"process 1 \(pid {pid}\) has not answered for 2 s, and is killed")
        _said(process, rf"process 1 \(pid {pid}\) ended \(SIGKILL\), and is started again")
        assert int(_said(process, r"started 1 (\d+)")[1]) != pid
        _said(process, "runs again after")
        process.terminate()
        assert process.wait(SOON_SECONDS) == 0


def test_pauses_grow_while_one_ends_again_and_again() -> None:
    script = """
def target(member):
    say("began at", time.monotonic())
    member.say_up()
run(1, target)
"""
    with _running(script) as process:
        starts = [float(_said(process, r"began at (\S+)")[1]) for _ in range(5)]
    # At least 0.1, 0.2, 0.4 and 0.8 seconds apart.
    assert starts[4] - starts[0] >= 1.5


def test_one_that_ends_before_all_were_up_ends_all() -> None:
    script = """
def target(member):
    if member.number == 2:
        sys.exit(3)
    stay(member)
run(2, target)
"""
    with _running(script) as process:
        _said(process, r"process 2 \(pid \d+\) ended \(exit status 3\)$")
        assert process.wait(SOON_SECONDS) == 1


def test_one_that_does_not_end_in_time_is_killed() -> None:
    script = """
def target(member):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stay(member)
run(1, target, ending_seconds=0.1)
"""
    with _running(script) as process:
        _said(process, "all up")
        process.terminate()
        _said(process, "is killed, because it has not ended")
        assert process.wait(SOON_SECONDS) == 1


def test_a_second_interrupt_waits_for_nobody() -> None:
    script = """
def target(member):
    signal.signal(signal.SIGTERM, lambda *_: say("asked"))
    stay(member)
run(1, target)
"""
    with _running(script) as process:
        _said(process, "all up")
        process.send_signal(signal.SIGINT)
        _said(process, "asked")
        process.send_signal(signal.SIGINT)
        _said(process, "is killed, because it has not ended")
        assert process.wait(SOON_SECONDS) == 1
