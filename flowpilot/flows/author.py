"""Who changes flows."""

import uuid
from dataclasses import dataclass
from typing import Protocol


class Author(Protocol):
    """The person who changes an account's flows: an `Actor`, or the operator, who has no user id."""

    @property
    def account_id(self) -> uuid.UUID:
        """The account of the flows."""

    @property
    def user_id(self) -> uuid.UUID | None:
        """The person's id; None for the operator."""


@dataclass(frozen=True, slots=True)
class Operator:
    """The author of changes made at the command line."""

    account_id: uuid.UUID
    user_id: None = None
