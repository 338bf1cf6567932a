"""What must say something is not blank."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from flowpilot.clients.schemas import ClientIn
from flowpilot.handoffs.questions.schemas import AnswerIn
from flowpilot.handoffs.schemas.requests import HandoffIn
from flowpilot.psa.postings.schemas import CorrectionIn
from flowpilot.sessions.postings.schemas import ClientTextIn
from flowpilot.sessions.problem.titles import Problem, given, problem_of

_FORMS: list[tuple[type[BaseModel], dict[str, str], str]] = [
    (ClientIn, {}, "name"),
    (CorrectionIn, {}, "text"),
    (ClientTextIn, {"audience": "client"}, "text"),
]


BLANKS = ["", "   ", "\u200b", "\x07", " \n\u2060\u202e ", "\u2800", "\u3164", "\ufe0f", "\u0301"]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(("form", "values", "field"), _FORMS)
def test_a_text_that_nobody_can_see_is_refused(
    form: type[BaseModel], values: dict[str, Any], field: str, blank: str
) -> None:
    form.model_validate(values | {field: "Müller \U0001f600 \u200d."})
    with pytest.raises(ValidationError) as caught:
        form.model_validate(values | {field: blank})
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


@pytest.mark.parametrize("blank", BLANKS)
def test_what_may_be_left_out_is_left_out_if_nobody_can_see_it(blank: str) -> None:
    said = HandoffIn(reason="No rights", note=blank, tried=blank)
    assert (said.note, said.tried) == ("", "")


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"])
def test_a_text_is_the_same_whichever_line_breaks_its_form_has_sent(breaks: str) -> None:
    sent = f" One{breaks}{breaks}two{breaks}"
    said = HandoffIn(reason="No rights", note=sent, tried=sent)
    assert (said.note, said.tried) == ("One\n\ntwo", "One\n\ntwo")
    assert CorrectionIn(text=sent).text == " One\n\ntwo\n"
    longest = breaks.join(["x" * 2_499, "y" * 2_500])
    assert len(AnswerIn(answer=longest).answer) == 5_000


def test_a_name_or_a_title_does_not_turn_the_direction_of_writing_and_a_body_may() -> None:
    turned = "\u202eMail\u202c \u2066down\u2069"
    assert ClientIn(name=turned).name == "Mail down"
    assert given(turned, turned) == Problem("Mail down", turned)
    assert problem_of(turned).title == "Mail down"
