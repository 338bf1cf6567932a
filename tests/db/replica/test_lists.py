"""Lists are read from the replica, too; what follows live events is not."""

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.http.replica.reads import Place
from flowpilot.settings import Settings
from tests.company import found_company
from tests.db.replica.conftest import reads, serving
from tests.db.standby import Standby

LISTS = ("ai-sessions", "ai-sessions?q=printer", "clients", "flows", "psa/postings", "audit-log", "audit-log.csv")
OTHERS = ("handoffs", "attention", "members", "notifications")


@pytest.mark.parametrize(("paths", "n_replica"), [(LISTS, len(LISTS)), (OTHERS, 0)])
def test_lists_are_read_there_and_the_rest_is_not(
    replica_settings: Settings, primary: DatabaseUrls, standby: Standby, paths: tuple[str, ...], n_replica: int
) -> None:
    desk = found_company(primary)
    with serving(replica_settings.model_copy(update={"replica_lag_seconds": 300}), primary) as client:
        before = reads(client)
        for path in paths:
            assert client.get(f"/api/v1/{path}", headers=desk.headers()).status_code == 200, path
        after = reads(client)
    assert {place: after[place] - before[place] for place in Place if after[place] != before[place]} == (
        {Place.REPLICA: n_replica} if n_replica else {}
    )
