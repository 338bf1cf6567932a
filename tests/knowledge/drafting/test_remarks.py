"""Which texts say nothing of a fix."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from flowpilot.db.session import Database
from flowpilot.knowledge.drafting.remarks import without_remarks
from flowpilot.sessions.similar.words import words_and_remarks
from tests.company import Company
from tests.knowledge.drafting.cases import case, note

LABELLED = tomllib.loads(Path(__file__).with_name("remarks.toml").read_text("utf-8"))


@pytest.mark.anyio
async def test_labelled_texts(database: Database, company: Company) -> None:
    said = [*LABELLED["remarks"], *LABELLED["steps"]]
    async with database.read(company.id) as db:
        _, remarks = await words_and_remarks(db, said)
    found = {text for text, is_remark in zip(said, remarks, strict=True) if is_remark}
    assert found == set(LABELLED["remarks"]) - set(LABELLED["missed"]) | set(LABELLED["lost"])


def test_if_nothing_else_was_written_remarks_stay() -> None:
    talk = replace(note("Called again"), is_remark=True)
    open_case = replace(case(1, talk, solved=""), solved_by=None)
    assert without_remarks([open_case]) == ([open_case], [])
    other = case(2, talk, solved="Replaced drum")
    assert without_remarks([open_case, other]) == (
        [replace(open_case, acts=()), replace(other, acts=())],
        [talk, talk],
    )
