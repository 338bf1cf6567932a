"""What must say something is not blank."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from flowpilot.clients.schemas import ClientIn
from flowpilot.psa.postings.schemas import CorrectionIn
from flowpilot.sessions.postings.schemas import ClientTextIn

_FORMS: list[tuple[type[BaseModel], dict[str, str], str]] = [
    (ClientIn, {}, "name"),
    (CorrectionIn, {}, "text"),
    (ClientTextIn, {"audience": "client"}, "text"),
]


@pytest.mark.parametrize("blank", ["", "   ", "\u200b", "\x07", " \n\u2060\u202e "])
@pytest.mark.parametrize(("form", "values", "field"), _FORMS)
def test_a_text_that_nobody_can_see_is_refused(
    form: type[BaseModel], values: dict[str, Any], field: str, blank: str
) -> None:
    form.model_validate(values | {field: "Müller \U0001f600 \u200d."})
    with pytest.raises(ValidationError) as caught:
        form.model_validate(values | {field: blank})
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]
