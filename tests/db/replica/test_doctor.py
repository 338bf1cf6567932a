"""What `flowpilot doctor` says of a replica."""

import pytest
from pydantic import SecretStr

from flowpilot.cli.replica import replica_checks
from flowpilot.db.connect import DatabaseUrls
from flowpilot.settings import Settings
from tests.db.standby import Standby


@pytest.mark.anyio
async def test_a_sound_replica_is_found_sound(replica_settings: Settings, primary: DatabaseUrls) -> None:
    patient = replica_settings.model_copy(update={"replica_lag_seconds": 300})
    found = await replica_checks(patient, primary.runtime)
    assert len(found) == 4
    assert all(passed for passed, _ in found), found


@pytest.mark.anyio
async def test_one_that_replays_nothing_is_behind(
    replica_settings: Settings, primary: DatabaseUrls, standby: Standby
) -> None:
    with standby.paused():
        found = await replica_checks(replica_settings, primary.runtime)
    assert [what for passed, what in found if not passed] == [
        "the replica is more than 2.0 s behind (up to 2 s it is read)"
    ]


@pytest.mark.anyio
async def test_a_wrong_one_is_named(primary_settings: Settings, primary: DatabaseUrls) -> None:
    assert await replica_checks(primary_settings, primary.runtime) == []
    for url, said in (
        (primary.runtime, "no standby"),
        ("postgresql://127.0.0.1:1/", "does not answer"),
        ("postgresql://postgres@127.0.0.1:1/", "must lead to the database"),
    ):
        settings = primary_settings.model_copy(update={"replica_url": SecretStr(url)})
        [(passed, what)] = await replica_checks(settings, primary.runtime)
        assert (passed, said in what) == (False, True), what
