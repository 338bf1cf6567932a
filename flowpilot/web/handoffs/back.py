"""Forms of a handoff that are on its page and on its session's lead back to where they were."""

from typing import Literal

from fastapi import Response
from pydantic import BaseModel

from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.web.render import go_to


class FromForm(BaseModel):
    """The page on which the form is."""

    page: Literal["handoff", "session"] = "handoff"


def back_to(handoff: HandoffOut, form: FromForm, notice: str | None = None) -> Response:
    """The page on which the form was."""
    path = f"/sessions/{handoff.session_id}" if form.page == "session" else f"/handoffs/{handoff.id}"
    return go_to(path, notice)
