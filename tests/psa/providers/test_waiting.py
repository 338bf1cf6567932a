"""How long a lost answer is waited for, which people can set for every ticket system."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.providers.registry import PROVIDERS
from tests.psa.providers.forms import REAL, filled_in


def slowest(kind: ProviderKind, **settings: Any) -> float:
    access = Access("https://desk.example", (), NoLimiter(), Path())
    return PROVIDERS[kind].open(access, *filled_in(kind, **settings)).capabilities.slowest_answer_seconds


@pytest.mark.parametrize("kind", REAL)
def test_a_lost_answer_is_waited_for_two_minutes_or_as_long_as_people_say(kind: ProviderKind) -> None:
    assert (slowest(kind), slowest(kind, slowest_answer_seconds="7.5")) == (120, 7.5)


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("seconds", [0, 3601])
def test_it_is_neither_skipped_nor_waited_for_more_than_an_hour(kind: ProviderKind, seconds: int) -> None:
    with pytest.raises(ValidationError, match="slowest_answer_seconds"):
        slowest(kind, slowest_answer_seconds=seconds)
