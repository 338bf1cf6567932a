"""`flowpilot serve --workers`: several processes that answer requests on one port."""

import fcntl
import gc
import logging
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from flowpilot.cli.common import EXIT_FAILED, fail
from flowpilot.cli.serving.processes import Member, Processes
from flowpilot.cli.serving.server import listen_on, new_app, say_address, server_of
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.embedded import embedded_postgres
from flowpilot.db.locks import file_lock
from flowpilot.errors import FlowPilotError
from flowpilot.http.metrics import Registry, count_in, forget_gauges
from flowpilot.settings import get_settings

_METRICS = "metrics-"


class SeparateLimitsError(FlowPilotError):
    """Each process would count for itself."""

    def __init__(self, workers: int) -> None:
        super().__init__(
            f"{workers} processes would each allow what one may, because each counts in its own memory. Set "
            "FLOWPILOT_LIMIT_STORAGE to a Redis that they share, such as redis://127.0.0.1:6379, or leave out "
            "--workers."
        )


def check_workers(count: int) -> None:
    """Refuse several processes that would not agree.

    Raises:
        SeparateLimitsError: limits are counted in memory.
    """
    if count > 1 and get_settings().limit_storage == "memory://":
        raise SeparateLimitsError(count)


def run_workers(
    count: int, urls: DatabaseUrls, host: str, port: int, *, with_worker: bool, is_first_run: bool
) -> None:
    """Serve from an open, migrated database with several processes until told to stop.

    Raises:
        ListenError: the port is taken, or the address does not belong to this machine.
    """
    with listen_on(host, port) as listening, _metrics_directory() as directory:

        def serve(member: Member) -> None:
            _serve(member, urls, listening, directory, with_worker=with_worker, is_first_run=is_first_run)

        _import_everything()
        processes = Processes(
            count,
            serve,
            on_up=_once_up(listening, is_first_run=is_first_run),
            on_end=lambda number: forget_gauges(directory, str(number)),
        )
        if not processes.run():
            sys.exit(EXIT_FAILED)


def _once_up(listening: socket.socket, *, is_first_run: bool) -> Callable[[], None]:
    from flowpilot.identity.first_run import setup_code  # noqa: PLC0415

    code = setup_code(get_settings().signing_key()) if is_first_run else None
    return lambda: say_address(listening, code)


def _import_everything() -> None:
    """Import the app, which all processes then share."""
    # A library's threads would not be there in a forked process, and those of all processes share the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import scipy.stats  # noqa: PLC0415

    import flowpilot.app  # noqa: PLC0415, F401

    del scipy
    # What is never looked at again is never copied for a process either.
    gc.collect()
    gc.freeze()


def _serve(
    member: Member,
    urls: DatabaseUrls,
    listening: socket.socket,
    directory: Path,
    *,
    with_worker: bool,
    is_first_run: bool,
) -> None:
    """What each process does. The first also runs jobs."""
    logging.basicConfig(format=f"process {member.number} (pid {os.getpid()}): %(message)s", level=logging.WARNING)
    count_in(directory, str(member.number))
    registry = Registry(directory)

    def tell() -> None:
        member.say_up()
        registry.refresh()

    has_worker = with_worker and member.number == 1
    try:
        with _using(urls):
            app = new_app(urls, with_worker=has_worker, is_first_run=is_first_run, registry=registry)
            server_of(app, on_started=tell, on_second=tell, parent=member.parent).run_on(listening)
    except FlowPilotError as error:
        fail(f"process {member.number} cannot serve: {error.detail}")
        sys.exit(EXIT_FAILED)


def _using(urls: DatabaseUrls) -> AbstractContextManager[Any]:
    """Have a use of the embedded database of our own, so that it runs on if the parent is killed."""
    return nullcontext() if urls.embedded_in is None else embedded_postgres(urls.embedded_in, create=False)


@contextmanager
def _metrics_directory() -> Iterator[Path]:
    """Where the processes count what `/metrics` adds up. It begins empty, and is removed at the end."""
    data_dir = get_settings().make_data_dir()
    with ExitStack() as stack:
        # Others that begin now must not take a directory for left over that is not locked yet.
        with file_lock(data_dir / "metrics.control", fcntl.LOCK_EX):
            _remove_left_over(data_dir)
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix=_METRICS, dir=data_dir))
            stack.enter_context(file_lock(Path(directory) / "lock", fcntl.LOCK_EX))
        yield Path(directory)


def _remove_left_over(data_dir: Path) -> None:
    """Remove what servers that were killed have left: nobody holds its lock."""
    for left in data_dir.glob(f"{_METRICS}*"):
        with suppress(BlockingIOError), file_lock(left / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(left, ignore_errors=True)
