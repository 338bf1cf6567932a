from pathlib import Path

import pytest

from flowpilot.imports.mapping.loading import mapping_of
from tests.imports.helpers import World
from tests.imports.known.test_equal import LOG, question, titles
from tests.imports.known.test_said import written


@pytest.mark.one_server
def test_the_months_of_a_log_come_in_any_order(world: World, tmp_path: Path) -> None:
    """Without the name of a system; of tickets whose title stands in their first row alone, or nowhere."""
    header, titled = "case,at,who,what,title\n", {**LOG.model_dump(), "name": "titled"}
    titled["session"] = {**titled["session"], "summary": ["title"], "attributes": "last_known"}
    mapping = mapping_of(titled)
    may = "".join(f"{n},2026-05-04 08:{n:02},Ada,opened,Printer {n}\n" for n in range(9))
    june = "".join(f"{n},2026-06-01 08:{n:02},Linus,closed,\n" for n in range(9))
    world.load(written(tmp_path / "june.csv", header + june), mapping)
    assert world.load(written(tmp_path / "may.csv", header + may), mapping).changes.updated == 9
    late = written(tmp_path / "late.csv", header + "1,2026-06-01 11:00,Ada,noted,\n")
    assert question(world, late, mapping) == (None, 0)
    assert titles(world) == [f"Printer {n}" for n in range(9)]
