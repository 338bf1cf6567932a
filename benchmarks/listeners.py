"""Many clients that follow live streams, in one process: their own work must not be what is measured."""

import resource
import selectors
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

_AT_ONCE = 32
_PATIENCE_SECONDS = 300.0


class _Stream:
    """One client, which reads its socket only when there is something."""

    def __init__(self, place: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(place)
        self.socket.sendall(request)
        self.socket.setblocking(False)
        self.unread = b""

    def has(self, end: bytes) -> bool:
        """Whether this has arrived now; what came before it is forgotten."""
        try:
            received = self.socket.recv(65_536)
        except BlockingIOError:
            return False
        if not received:
            raise RuntimeError("The server has closed a stream.")
        before, found, after = (self.unread + received).partition(end)
        self.unread = after if found else before[-len(end) :]
        return bool(found)


def follow(place: tuple[str, int], requests: Sequence[bytes], parent: Connection) -> None:
    """Open a stream for each request, say so, and report when all of them have an event.

    The parent sends the end of an event's text before the event is committed, and is sent the moment, as
    `time.monotonic` has it, when the last of the streams had it. It sends None at the end.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with selectors.EpollSelector() as selector:
        waiting = list(requests)
        opening = 0
        streams: list[_Stream] = []
        while waiting or opening:
            while waiting and opening < _AT_ONCE:
                stream = _Stream(place, waiting.pop())
                selector.register(stream.socket, selectors.EVENT_READ, stream)
                streams.append(stream)
                opening += 1
            opening -= _arrived(selector, b"event: hello")
        parent.send(time.monotonic())
        while (end := parent.recv()) is not None:
            parent.send(None)
            missing = len(streams)
            while missing:
                missing -= _arrived(selector, end)
            parent.send(time.monotonic())


def _arrived(selector: selectors.EpollSelector, end: bytes) -> int:
    """On how many of the streams that can be read this has arrived."""
    ready = selector.select(_PATIENCE_SECONDS)
    if not ready:
        raise RuntimeError(f"{end!r} has not arrived everywhere.")
    return sum(key.data.has(end) for key, _ in ready)
