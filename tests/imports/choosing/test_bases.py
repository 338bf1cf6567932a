"""In which zone the times are of the mapping that somebody begins with."""

from typing import Any

import pytest

from flowpilot.imports.choosing.bases import DraftRequest, begin
from flowpilot.imports.mapping.loading import draft_of, load_mapping
from tests.imports.test_vendors import SAMPLES

JIRA = draft_of(load_mapping("jira"))
SAVED: dict[str, Any] = {"Ours": JIRA | {"name": "Ours", "times": JIRA["times"] | {"zone": "Europe/Berlin"}}}


@pytest.mark.parametrize(
    ("file", "base", "zone"),
    [
        ("jira", "", "Europe/Berlin"),
        ("jira", "saved:Ours", "Europe/Berlin"),
        ("jira", "jira", "America/Chicago"),
        ("jira", "guess", "America/Chicago"),
        ("halopsa", "", "UTC"),
        ("halopsa", "halopsa", "UTC"),
    ],
)
def test_times_are_of_the_zone_that_the_mapping_knows_unless_a_person_says_another(
    file: str, base: str, zone: str
) -> None:
    export = SAMPLES / f"{file}.csv"
    asked = DraftRequest("America/Chicago", base)
    assert str(begin(export, asked, SAVED).draft["times"]["zone"]) == zone
    said = DraftRequest("America/Chicago", base, said_zone="Asia/Tokyo")
    assert str(begin(export, said, SAVED).draft["times"]["zone"]) == "Asia/Tokyo"
