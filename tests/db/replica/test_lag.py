"""How old what a replica shows is, as far as positions can say it."""

from flowpilot.db.replica.lag import Lag


def test_nothing_is_known_before_the_replica_was_where_the_primary_has_been() -> None:
    lag = Lag()
    lag.primary_is_at(100, 10.0)
    lag.replica_is_at(99)
    assert lag.seconds(11.0) is None


def test_it_shows_the_newest_moment_whose_position_it_has_replayed() -> None:
    lag = Lag()
    for position, moment in ((100, 10.0), (200, 11.0), (300, 12.0)):
        lag.primary_is_at(position, moment)
    lag.replica_is_at(299)
    assert lag.seconds(12.5) == 1.5
    lag.replica_is_at(300)
    assert lag.seconds(12.5) == 0.5


def test_on_an_idle_primary_it_stays_young() -> None:
    lag = Lag()
    for moment in (10.0, 11.0, 12.0):
        assert not lag.primary_is_at(100, moment)
        lag.replica_is_at(100)
    assert lag.seconds(12.0) == 0


def test_it_grows_while_nothing_is_replayed() -> None:
    lag = Lag()
    lag.primary_is_at(100, 10.0)
    lag.replica_is_at(100)
    lag.primary_is_at(200, 11.0)
    lag.replica_is_at(100)
    assert lag.seconds(40.0) == 30


def test_a_primary_that_stands_still_ahead_of_its_replica_is_known() -> None:
    lag = Lag()
    assert not lag.primary_is_at(200, 10.0)
    lag.replica_is_at(100)
    assert lag.primary_is_at(200, 11.0)
    assert not lag.primary_is_at(300, 12.0)


def test_what_is_forgotten_is_not_known() -> None:
    lag = Lag()
    lag.primary_is_at(100, 10.0)
    lag.replica_is_at(100)
    lag.forget()
    assert lag.seconds(10.0) is None


def test_a_replica_far_behind_is_never_taken_for_younger_than_it_is() -> None:
    lag = Lag()
    for second in range(10_000):
        lag.primary_is_at(second, second)
    lag.replica_is_at(5_000)
    assert lag.seconds(10_000) is None
    lag.replica_is_at(9_000)
    assert lag.seconds(10_000) == 1_000
