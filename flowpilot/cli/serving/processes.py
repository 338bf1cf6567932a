"""Several processes that do the same: each is forked from this one, and started again when it ends.

They are forked after everything is imported, so that a new one serves within a moment and shares that memory. Each
has one end of a pair of sockets. What it sends says that it is up, and then every second that it still runs; that
the other end is closed tells it that its parent is gone.
"""

import logging
import multiprocessing
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import NoReturn

_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_FORK = multiprocessing.get_context("fork")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """What a process is given: its number, from 1, and the connection to its parent."""

    number: int
    parent: socket.socket

    def say_up(self) -> None:
        """Tell the parent that this process is up, and from then on, every second, that it still runs."""
        with suppress(OSError):  # The parent is gone, or has much to read: then it hears the next one.
            self.parent.send(b".")


Target = Callable[[Member], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for processes."""

    silent_seconds: int = 30
    ending_seconds: float = 30
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5


class Processes:
    """A number of processes that are kept running until this one is told to stop."""

    def __init__(
        self,
        count: int,
        target: Target,
        *,
        on_up: Callable[[], None] = lambda: None,
        on_end: Callable[[int], None] = lambda _: None,
        patience: Patience | None = None,
    ) -> None:
        """`on_up` is called once, when all are up, and `on_end` with the number of each that has ended."""
        self._target = target
        self._on_up, self._on_end = on_up, on_end
        self._patience = patience or Patience()
        self._members = [_Process(number) for number in range(1, count + 1)]
        self._were_all_up = False
        self._is_stopping = self._is_forced = False
        self._counted_at = time.monotonic()

    def run(self) -> bool:
        """Keep them running until SIGTERM or SIGINT, then end them. A second SIGINT kills them.

        Returns:
            Whether all came up, and ended by themselves when they were told to.
        """
        with _waking_on_signals(self._hear) as woken:
            while not self._is_stopping:
                if not self._start_those_due():
                    break
                self._wait(woken, 1)
                self._kill_the_silent()
            return self._end_all(woken) and self._were_all_up

    def _hear(self, number: int, _: FrameType | None) -> None:
        self._is_forced |= self._is_stopping and number == signal.SIGINT
        self._is_stopping = True

    def _start_those_due(self) -> bool:
        """Start those that do not run; false if one has ended before all were up for the first time."""
        for member in self._members:
            if member.process is None and time.monotonic() >= member.due_at:
                if member.starts and not self._were_all_up:
                    return False
                self._start(member)
        return True

    def _start(self, member: "_Process") -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        member.link, member.starts = ours, member.starts + 1
        member.is_up, member.silent_seconds, member.started_at = False, 0, time.monotonic()
        member.process = _FORK.Process(target=self._be, args=(Member(member.number, theirs),), name=member.name)
        # A signal that comes before the child can heed it waits until it can.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            member.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            theirs.close()

    def _be(self, member: Member) -> None:
        """What the new process does."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
        for other in self._members:
            if other.link is not None:
                # Otherwise a sibling would keep the connection open after their parent's death.
                other.link.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self._target(member)

    def _wait(self, woken: socket.socket, seconds: float) -> None:
        """Wait until something happens or the time is over, and note what has."""
        running = self._running()
        links = {member.link: member for member in running if member.link is not None}
        ends = {member.process.sentinel: member for member in running if member.process is not None}
        happened = wait([woken, *links, *ends], self._pause(seconds))
        for thing in happened:
            if thing is woken:
                woken.recv(1000)
            elif isinstance(thing, socket.socket):
                links[thing].heard()
            elif isinstance(thing, int):
                self._note_end(ends[thing])
        self._count_seconds(running)
        self._note_up()

    def _count_seconds(self, running: list["_Process"]) -> None:
        """Count a second of silence. One at a time: if this process has slept, so have those."""
        if (moment := time.monotonic()) - self._counted_at >= 1:
            self._counted_at = moment
            for member in running:
                member.silent_seconds += 1

    def _note_up(self) -> None:
        for member in self._members:
            if member.is_up and member.down_since is not None:
                _log.warning("%s runs again after %.1f s", member, time.monotonic() - member.down_since)
                member.down_since = None
        if not self._were_all_up and all(member.is_up for member in self._members):
            self._were_all_up = True
            self._on_up()

    def _pause(self, seconds: float) -> float:
        due = [member.due_at - time.monotonic() for member in self._members if member.process is None]
        return max(0, min([seconds, *due]))

    def _note_end(self, member: "_Process") -> None:
        assert member.process is not None
        member.process.join()
        if member.link is not None:
            # What it said before it ended.
            member.heard()
            self._note_up()
        self._on_end(member.number)
        if not self._is_stopping:
            self._plan(member)
        member.forget()

    def _plan(self, member: "_Process") -> None:
        """When to start it again: at once, and after pauses that grow if it does not stay up."""
        moment, patience = time.monotonic(), self._patience
        steady = member.is_up and moment - member.started_at >= patience.longest_pause_seconds
        longer = min(max(2 * member.pause, patience.first_pause_seconds), patience.longest_pause_seconds)
        member.pause = 0 if steady else longer
        member.due_at = moment + member.pause
        member.down_since = member.down_since or moment
        _log.warning("%s ended (%s)%s", member, member.reason, ", and is started again" * self._were_all_up)

    def _kill_the_silent(self) -> None:
        for member in self._running():
            assert member.process is not None
            if member.is_up and member.silent_seconds > self._patience.silent_seconds:
                _log.warning("%s has not answered for %d s, and is killed", member, member.silent_seconds)
                member.silent_seconds = 0
                member.process.kill()

    def _end_all(self, woken: socket.socket) -> bool:
        """Tell all to end, and kill those that do not in time."""
        self._is_stopping = True
        for member in self._running():
            assert member.process is not None
            member.process.terminate()
        deadline = time.monotonic() + self._patience.ending_seconds
        while (left := self._running()) and time.monotonic() < deadline and not self._is_forced:
            self._wait(woken, 1)
        for member in left:
            assert member.process is not None
            _log.warning("%s is killed, because it has not ended", member)
            member.process.kill()
            self._note_end(member)
        return not left

    def _running(self) -> list["_Process"]:
        return [member for member in self._members if member.process is not None]


class _Process:
    """One of the processes, as its parent knows it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"process {number}"
        self.process: ForkProcess | None = None
        self.link: socket.socket | None = None
        self.is_up = False
        self.starts = 0
        self.silent_seconds = 0
        self.started_at = self.due_at = self.pause = 0.0
        self.down_since: float | None = None

    def __str__(self) -> str:
        return f"{self.name} (pid {self.process.pid if self.process else None})"

    @property
    def reason(self) -> str:
        """Why it ended."""
        assert self.process is not None
        code = self.process.exitcode
        return signal.Signals(-code).name if code is not None and code < 0 else f"exit status {code}"

    def heard(self) -> None:
        """It has said that it runs."""
        assert self.link is not None
        with suppress(OSError):
            if self.link.recv(1000):
                self.is_up, self.silent_seconds = True, 0
                return
        # It has closed its end, so it is ending: nothing more comes from there.
        self.link.close()
        self.link = None

    def forget(self) -> None:
        """It has ended."""
        self.process, self.is_up = None, False
        if self.link is not None:
            self.link.close()
            self.link = None


@contextmanager
def _waking_on_signals(heard: Callable[[int, FrameType | None], None]) -> Iterator[socket.socket]:
    """Have signals heard, and yield what can be read as soon as one was."""
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    with woken, wakes:
        before = {number: signal.signal(number, heard) for number in _SIGNALS}
        descriptor = signal.set_wakeup_fd(wakes.fileno())
        try:
            yield woken
        finally:
            signal.set_wakeup_fd(descriptor)
            for number, handler in before.items():
                signal.signal(number, handler)


def _leave(_: int, __: FrameType | None) -> NoReturn:
    raise SystemExit(0)
