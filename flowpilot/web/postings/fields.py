"""Texts of postings, as forms send them."""

from typing import Annotated

from pydantic import BeforeValidator

from flowpilot.psa.postings.schemas import NoteText


def _with_plain_breaks(text: object) -> object:
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


# Browsers send each line break as two characters.
FormText = Annotated[NoteText, BeforeValidator(_with_plain_breaks)]
