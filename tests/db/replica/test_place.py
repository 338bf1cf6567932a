"""As whom the replica is read."""

import pytest

from flowpilot.db.replica.place import ReplicaUrlError, replica_url

PRIMARY = "postgresql://desk_runtime:secret@db1:5432/desk"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("postgresql://db2:5433/", "postgresql://desk_runtime:secret@db2:5433/desk"),
        ("postgresql://db2", "postgresql://desk_runtime:secret@db2/desk"),
        ("postgresql:///?host=/run/db2", "postgresql://desk_runtime:secret@/desk?host=/run/db2"),
        ("postgresql://desk_runtime:other@db2/desk", "postgresql://desk_runtime:other@db2/desk"),
    ],
)
def test_what_is_not_said_is_as_at_the_primary(said: str, found: str) -> None:
    assert replica_url(said, PRIMARY).replace("%2F", "/") == found


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ("postgresql://postgres:p@db2/desk", "as the role desk_runtime"),
        ("postgresql://db2/other", "the database desk"),
        ("mysql://db2/desk", "must look like"),
        ("db2", "must look like"),
    ],
)
def test_another_role_or_database_is_refused(said: str, detail: str) -> None:
    with pytest.raises(ReplicaUrlError, match=detail):
        replica_url(said, PRIMARY)
