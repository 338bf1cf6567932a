"""What can be done with an upload: offered by pages and refused by verbs, by one rule."""

from flowpilot.errors import ConflictError
from flowpilot.imports.uploads.models import UploadState

BUSY = frozenset({UploadState.WAITING, UploadState.LOADING})


class UploadBusyError(ConflictError):
    """The upload is being imported, or was."""


def may_start(state: str) -> bool:
    """Whether an upload can be imported, or removed: it is kept, or did not become an import."""
    return state not in BUSY and state != UploadState.DONE


def may_stop(state: str) -> bool:
    """Whether there is an import to stop."""
    return state in BUSY


def require_start(state: str) -> None:
    """Make sure that an upload can be imported.

    Raises:
        UploadBusyError: it is being imported, or was.
    """
    if state in BUSY:
        raise UploadBusyError("This file is being imported. Wait until it is done, or stop it.")
    if not may_start(state):
        raise UploadBusyError("This file has been imported. Upload another one.")
