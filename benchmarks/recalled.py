"""Find resolved sessions that had the same problem: how often one of them is among the three that are shown.

`python -m benchmarks.recalled` measures it alone, in a database that is gone afterwards.
"""

import asyncio
import tomllib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.labelled import is_held_back, share, shares_markdown, shares_table
from benchmarks.server import temporary_settings
from benchmarks.similar import SESSIONS
from flowpilot.db.base import new_id
from flowpilot.db.session import Database, Db, ReadDb
from flowpilot.identity.members import create_account
from flowpilot.migrations.opening import migrated_database
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.problem.titles import problem_of
from flowpilot.sessions.recalled.queries import ProblemQuery, problem_query, query_of, recall

MAILS = Path(__file__).with_name("similar_mails.toml")
TITLE = "Problems that were seen before"
HEADERS = ("", "what the rule was fitted to", "held back", "all", "whole e-mails")
_BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)

HOW = """\
Each session of `similar_sessions.toml` asks all others, which are resolved, for its problem; none has a client.
Each problem is one of others as well, so it was seen before, and there are many near misses. A hash of a problem's
name decides whether its sessions are held back; all of them are among those that can be found. In brackets: the
95 % Wilson interval; sessions of one problem are not independent, so the truth is wider.

A session is shown from a likeness of 0.2, and if two telling words are shared, or one that is a code. Both were
chosen with the fitted share in view. There, without the second rule, one that had the problem is among three
for 56 %, and 37 % of what is shown is right; with it, 36 % and 56 %. Had one word been enough if at most two
sessions have it, 40 % and 46 %; at most three, 44 % and 44 %: of what a rare word alone brings, one in seven is
right. With the second rule, one is among three for 36 % at any threshold up to 0.2, for 31 % at 0.25 and for 27 %
at 0.3; of what is shown, 54 % is right without a threshold, 56 % at 0.2, 55 % at 0.25 and 51 % at 0.3. The
held-back share was looked at three times: with 0.3, the threshold of proposals, with 0.2 (73 % and 45 %), and with
both rules. It was printed once more after the rule for e-mails was chosen: 47 of 82 where 48 were recorded before.

`similar_mails.toml` has 16 whole e-mails with a subject, about problems of the fitted share; they ask, and are
never found. With the words of title and text as one, 15 of 16 found one that had the problem, the first was
right for 14, and 23 of 33 shown were right: the words of a text outweigh its title. By the title alone it is 16,
16, and 28 of 34. Chosen is the better of title and whole text, so that a text only adds: a code that is only
there is still found. Words of the text that count a part of a title's (0.15 to 0.5) gave the same or less (30 of
37 at best). Sixteen e-mails whose subjects are good say little: they show that a text does no harm, not how
often it helps."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session of a problem was shown: of each, whether it had the same problem."""

    problem: str
    shown: Sequence[bool]
    is_mail: bool = False


@dataclass(frozen=True, slots=True)
class Recalling:
    """All outcomes."""

    outcomes: Sequence[Outcome]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The lines of the table: a name, and a cell for each share and one for all."""
        all_ = [one for one in self.outcomes if not one.is_mail]
        fitted = [one for one in all_ if not is_held_back(one.problem)]
        held_back = [one for one in all_ if is_held_back(one.problem)]
        parts = (fitted, held_back, all_, [one for one in self.outcomes if one.is_mail])
        for name, good in _MEASURES:
            yield name, *(share(sum(good(one.shown) for one in part), len(part)) for part in parts)
        shown = [[is_right for one in part for is_right in one.shown] for part in parts]
        yield "what is shown had the same problem", *(share(sum(each), len(each)) for each in shown)


def measure_recalling(runtime_url: str, problems: int | None = None) -> Recalling:
    """Ask for every labelled session, or those of the first problems, in a new account that has nothing else."""
    return asyncio.run(_measure(runtime_url, problems))


def recalling_table(measured: Recalling) -> Table:
    """The table for the terminal."""
    return shares_table(TITLE, HEADERS, measured.rows())


def recalling_markdown(measured: Recalling) -> str:
    """The section of RESULTS.md."""
    return shares_markdown(TITLE, HEADERS, measured.rows(), [HOW])


async def _measure(runtime_url: str, problems: int | None) -> Recalling:
    database = Database(runtime_url, pool_size=1)
    account_id = new_id()
    async with database.write(account_id) as db:
        await create_account(db, account_id, "Recalling", "UTC", _BEGAN)
        labels = await _resolved_sessions(db, account_id, problems)
    async with database.read(account_id) as db:
        outcomes = [
            Outcome(label, await _shown(db, account_id, session_id, labels))
            for session_id, label in labels.items()
        ]
        outcomes += [
            Outcome(
                mail["problem"],
                await _found(db, account_id, problem_query(mail["text"]), mail["problem"], labels),
                True,
            )
            for mail in tomllib.loads(MAILS.read_text("utf-8"))["mails"]
        ]
    await database.close()
    return Recalling(outcomes)


async def _resolved_sessions(db: Db, account_id: uuid.UUID, problems: int | None) -> dict[uuid.UUID, str]:
    """Write the labelled sessions, and return the problem of each."""
    labels: dict[uuid.UUID, str] = {}
    for problem in tomllib.loads(SESSIONS.read_text("utf-8"))["problems"][:problems]:
        for session in problem["sessions"]:
            began = _BEGAN + timedelta(hours=len(labels))
            made = _resolved(account_id, session["problem"], session.get("domain"), began)
            db.add(made)
            await db.flush()
            db.add(_resolution(made, session["resolution"]))
            labels[made.id] = problem["name"]
    return labels


def _resolved(account_id: uuid.UUID, text: str, domain: str | None, began: datetime) -> AISession:
    title, body = problem_of(text)
    return AISession(
        account_id=account_id,
        id=new_id(),
        status=SessionStatus.RESOLVED,
        problem_summary=title,
        problem_body=body,
        problem_domain=domain,
        created_at=began,
        resolved_at=began + timedelta(minutes=30),
    )


def _resolution(session: AISession, text: str) -> AISessionStep:
    return AISessionStep(
        account_id=session.account_id,
        id=new_id(),
        session_id=session.id,
        position=1,
        kind=StepKind.RESOLUTION,
        content={"text": text},
        created_at=session.resolved_at,
    )


async def _shown(
    db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID, labels: dict[uuid.UUID, str]
) -> list[bool]:
    session = await db.get_one(AISession, (account_id, session_id))
    return await _found(db, account_id, query_of(session), labels[session_id], labels)


async def _found(
    db: ReadDb, account_id: uuid.UUID, asked: ProblemQuery, label: str, labels: dict[uuid.UUID, str]
) -> list[bool]:
    return [labels[one.session_id] == label for one in await recall(db, account_id, asked)]


# The name of a line, and which of the outcomes it counts.
_MEASURES: tuple[tuple[str, Callable[[Sequence[bool]], bool]], ...] = (
    ("one that had the problem is among three", any),
    ("one that had the problem is the first", lambda shown: bool(shown) and shown[0]),
    ("nothing is shown", lambda shown: not shown),
)


if __name__ == "__main__":
    with temporary_settings() as settings, migrated_database(settings) as urls:
        result = measure_recalling(urls.runtime)
    Console().print(recalling_table(result))
