"""The base of every expected failure."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar


class FlowPilotError(Exception):
    """An expected failure. `detail` is one sentence for a person, saying what to do if that helps."""

    status: ClassVar[int] = 500

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    @property
    def slug(self) -> str:
        """The kind of failure for a program: the class name in kebab-case, without "Error"."""
        name = type(self).__name__.removesuffix("Error")
        return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class NotFoundError(FlowPilotError):
    """It does not exist, or it belongs to another account: a caller cannot tell which."""

    status = 404


class ConflictError(FlowPilotError):
    """The request is well formed, but the present state does not allow it."""

    status = 409


class OutdatedError(ConflictError):
    """What the caller saw has changed since. A page shows the present state, and what was not recorded."""


class InvalidError(FlowPilotError):
    """The request is malformed in a way that a type cannot express. `field` names the field, if it is one."""

    status = 422
