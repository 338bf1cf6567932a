"""Credentials that no request could carry are refused where somebody enters them."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from flowpilot.psa.providers import autotask, connectwise, halopsa, redmine, request_tracker

_WHOLE: list[tuple[type[BaseModel], dict[str, str], str]] = [
    (request_tracker.Credentials, {"token": "1-2-x"}, "token"),
    (redmine.Credentials, {"api_key": "k"}, "api_key"),
    (
        connectwise.Credentials,
        {"company": "c", "public_key": "p", "private_key": "q", "client_id": "i"},
        "private_key",
    ),
    (halopsa.Credentials, {"client_id": "a", "client_secret": "b"}, "client_secret"),
    (autotask.Credentials, {"username": "u", "secret": "s", "integration_code": "i"}, "secret"),
]


@pytest.mark.parametrize(("form", "filled_in", "field"), _WHOLE)
def test_a_secret_has_only_letters_that_a_header_can_carry(
    form: type[BaseModel], filled_in: dict[str, Any], field: str
) -> None:
    form.model_validate(filled_in)
    for odd in ("tökén", "\u202ekey", "half\ud800", "nul\x00", "line\r\nX-Evil: 1"):
        with pytest.raises(ValidationError) as caught:
            form.model_validate(filled_in | {field: odd})
        assert [error["loc"] for error in caught.value.errors()] == [(field,)]
