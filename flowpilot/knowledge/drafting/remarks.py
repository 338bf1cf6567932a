"""What was written down in a session, and is no part of how it was solved. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from flowpilot.knowledge.drafting.cases import Act, Case
from flowpilot.sessions.similar.words import Words, actions_in, numbers_in


def without_remarks(cases: Iterable[Case]) -> tuple[list[Case], list[Act]]:
    """The cases without their remarks, and the remarks.

    A remark is free text that names no action and no number, and shares no telling word with the problem or with
    what solved it, such as "Took a picture for the ticket". While a case is not solved, anything in it may matter.
    """
    kept, remarks = list[Case](), list[Act]()
    for case in cases:
        found = _remarks(case)
        kept.append(replace(case, acts=tuple(act for act in case.acts if act not in found)))
        remarks += found
    return kept, remarks


def _remarks(case: Case) -> list[Act]:
    if case.solved_by is None or not case.problem or not case.solved_by.words:
        return []
    about = case.problem | case.solved_by.words
    return [act for act in case.acts if act.chosen is None and not act.is_free_answer and _is_beside(act, about)]


def _is_beside(act: Act, about: Words) -> bool:
    return not (actions_in(act.words) or numbers_in(act.words) or act.words & about)
