"""As whom the replica is read."""

import pytest
from psycopg.conninfo import conninfo_to_dict

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


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("postgresql://db2:5433/", "db2:5433/desk?sslmode=verify-full&sslrootcert=/etc/our ca.pem"),
        ("postgresql://db2/?sslmode=require", "db2/desk?sslmode=require&sslrootcert=/etc/our ca.pem"),
        (
            "postgresql://db2/?sslrootcert=/etc/other.pem&application_name=reports",
            "db2/desk?sslmode=verify-full&sslrootcert=/etc/other.pem&application_name=reports",
        ),
    ],
)
def test_what_the_primary_demands_of_a_connection_the_replica_owes_too_unless_its_url_says_otherwise(
    said: str, found: str
) -> None:
    demands = (
        "?hostaddr=10.0.0.5&target_session_attrs=read-write&sslmode=verify-full&sslrootcert=%2Fetc%2Four%20ca.pem"
    )
    told = conninfo_to_dict(replica_url(said, PRIMARY + demands))
    assert told == conninfo_to_dict(f"postgresql://desk_runtime:secret@{found.replace(' ', '%20')}")
