"""The copies that sessions keep themselves, and those of identity: what the session says, and stored answers."""

from sqlalchemy import delete, select, tuple_

from flowpilot.attachments.models import Attachment
from flowpilot.db.session import Db
from flowpilot.identity.idempotency import forget_answers
from flowpilot.sessions.days.news import forget_day
from flowpilot.sessions.models import AISession, SessionSuggestion, StatusChange, StepKind
from flowpilot.sessions.removal.copies import Copy, Found
from flowpilot.sessions.removal.overwriting import Rows, overwrite
from flowpilot.sessions.removal.scope import Removal
from flowpilot.sessions.suggestions.models import SuggestionOutcome
from flowpilot.text import REMOVED

_ABOUT = ("problem_summary", "problem_body")
_SAID = ("rating_comment", "waiting_for")


async def of_session(db: Db, removal: Removal) -> Found:
    """What the session says of itself, and why its status changed."""
    this, copies = AISession.id == removal.session_id, list[Copy]()
    about = await overwrite(db, removal, AISession, _ABOUT, this, author="user_id")
    if about:
        copies.append(Copy("The problem: its title or its text", authors=about.authors))
    said = await overwrite(db, removal, AISession, _SAID, this, author="owner_id")
    # What earlier removals say names files, and those may be called so.
    files = await overwrite(db, removal, AISession, ["removals"], this)
    said |= await _of_domain(db, removal) | await _of_waiting(db, removal)
    if said:
        copies.append(Copy("The comment of its rating, its domain, or what it waits for", authors=said.authors))
    theirs = StatusChange.session_id == removal.session_id
    reasons = await overwrite(db, removal, StatusChange, ["reason"], theirs, author="actor_id")
    if removal.is_whole:
        # What a fix waits for is said again in the change of that moment, in words that others may say, too.
        moments = [(step.created_at, step.actor_id) for step in removal.steps]
        same = tuple_(StatusChange.created_at, StatusChange.actor_id).in_(moments)
        own = removal.words.clean_own
        reasons |= await overwrite(
            db, removal, StatusChange, ["reason"], theirs, same, author="actor_id", clean=own
        )
    if reasons:
        copies.append(Copy(f"Why its status changed ({len(reasons)})", authors=reasons.authors))
    return (about | said | files | reasons).found(*copies)


async def _of_domain(db: Db, removal: Removal) -> Rows:
    """Its domain: reports group by it, so only somebody who names it removes it."""
    if removal.is_whole or removal.only_of is not None:
        return Rows()
    this, clean = AISession.id == removal.session_id, removal.words.clean_name
    rows = await overwrite(db, removal, AISession, ["problem_domain"], this, clean=clean)
    if rows and not removal.is_preview:
        # Its day's sums have the domain, too.
        created = select(AISession.created_at).where(AISession.account_id == removal.account_id, this)
        await forget_day(db, removal.account_id, (await db.scalars(created)).one())
    return rows


async def _of_waiting(db: Db, removal: Removal) -> Rows:
    """What it waits for, if that was said with the fix that is removed."""
    if not any(step.kind == StepKind.FIX for step in removal.steps):
        return Rows()
    this = AISession.id == removal.session_id
    return await overwrite(db, removal, AISession, ["waiting_for"], this, clean=removal.words.clean_own)


async def of_suggestions(db: Db, removal: Removal) -> Found:
    """What the copilot suggested. It may say the same in other words, so all that it said since is removed."""
    theirs = SessionSuggestion.session_id == removal.session_id
    rows = await overwrite(db, removal, SessionSuggestion, ["content"], theirs)
    if removal.is_whole:
        since = (
            SessionSuggestion.account_id == removal.account_id,
            theirs,
            SessionSuggestion.position >= removal.steps[0].position,
        )
        going = set(await db.scalars(select(SessionSuggestion.id).where(*since)))
        rows |= Rows(dict.fromkeys(going), {(SessionSuggestion.__name__, one, "content"): False for one in going})
        if not removal.is_preview:
            await db.execute(delete(SessionSuggestion).where(*since))
    copies = [Copy(f"Suggestions of the copilot ({len(rows)})")] if rows else []
    return rows.found(*copies) | await _of_results(db, removal)


async def _of_results(db: Db, removal: Removal) -> Found:
    """What became of suggestions: the rows stay, so that they count, and what an AI said since goes."""
    theirs, its_own = SuggestionOutcome.session_id == removal.session_id, removal.words.clean_own
    rows = await overwrite(db, removal, SuggestionOutcome, ["action", "note"], theirs, author="by")
    if removal.is_whole:
        of_steps = SuggestionOutcome.step_id.in_(removal.step_ids)
        rows |= await overwrite(db, removal, SuggestionOutcome, ["note"], of_steps, author="by", clean=its_own)
        since = SuggestionOutcome.source == "ai", SuggestionOutcome.at > removal.steps[0].created_at
        rows |= await overwrite(
            db, removal, SuggestionOutcome, ["action"], theirs, *since, clean=lambda _: REMOVED
        )
    copies = [Copy(f"What became of suggestions ({len(rows)})", authors=rows.authors)] if rows else []
    return rows.found(*copies)


async def of_answers(db: Db, removal: Removal) -> Found:
    """Answers that are kept for a day, in case a request is repeated. That to an upload is about its file.

    One says much of the session, without saying whose words these are, so it goes whole: each if all of a step
    goes, and otherwise each that has the words.
    """
    files = select(Attachment.id).where(
        Attachment.account_id == removal.account_id, Attachment.session_id == removal.session_id
    )
    about = [removal.session_id, *await db.scalars(files)]
    n = await forget_answers(
        db,
        removal.account_id,
        about,
        lambda answer: removal.is_whole or removal.words.are_in(answer),
        is_preview=removal.is_preview,
    )
    return Found([Copy(f"Answers kept for repeated requests ({n})")] if n else [])
