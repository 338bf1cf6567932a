"""The benchmark of problems that were seen before counts what it says it counts."""

import tomllib

from benchmarks.labelled import is_held_back
from benchmarks.recalled import MAILS, Outcome, Recalling, measure_recalling, recalling_markdown
from benchmarks.similar import SESSIONS
from flowpilot.db.connect import DatabaseUrls

# By their hashes, the rule may be fitted to the first, and the other is held back.
FITTED, HELD = "label", "third"


def test_a_share_has_the_sessions_of_its_problems() -> None:
    outcomes = [
        Outcome(FITTED, [False, True]),
        Outcome(HELD, [True]),
        Outcome(HELD, []),
        Outcome(FITTED, [True, False], is_mail=True),
    ]
    rows = [[cell.split(":")[0] for cell in row] for row in Recalling(outcomes).rows()]
    assert rows == [
        ["one that had the problem is among three", "1 of 1", "1 of 2", "2 of 3", "1 of 1"],
        ["one that had the problem is the first", "0 of 1", "1 of 2", "1 of 3", "1 of 1"],
        ["nothing is shown", "0 of 1", "1 of 2", "1 of 3", "0 of 1"],
        ["what is shown had the same problem", "1 of 2", "1 of 1", "2 of 3", "1 of 2"],
    ]


def test_every_session_of_the_labelled_problems_asks_the_product(urls: DatabaseUrls) -> None:
    measured = measure_recalling(urls.runtime, problems=2)
    assert len({one.problem for one in measured.outcomes if not one.is_mail}) == 2
    assert any(any(one.shown) for one in measured.outcomes)
    assert recalling_markdown(measured).startswith("## Problems that were seen before")


def test_each_whole_mail_has_a_labelled_problem_that_is_not_held_back() -> None:
    labelled = {one["name"] for one in tomllib.loads(SESSIONS.read_text("utf-8"))["problems"]}
    named = {one["problem"] for one in tomllib.loads(MAILS.read_text("utf-8"))["mails"]}
    assert named <= {name for name in labelled if not is_held_back(name)}
