"""What was written down in a session, and is no part of how it was solved. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from flowpilot.knowledge.drafting.cases import Act, Case
from flowpilot.sessions.similar.words import Words, actions_in, numbers_in


def without_remarks(cases: Iterable[Case]) -> tuple[list[Case], list[Act]]:
    """The cases without their remarks, and the remarks.

    A remark is free text that says nothing of a fix, such as "Called the user back", or that was written while a
    fix had to prove itself. In a solved case it is also what names no action and no number, and shares no telling
    word with the problem or with what solved it. If nothing else was written in any of them, all of it stays.
    """
    kept, remarks = list[Case](), list[Act]()
    cases = list(cases)
    for case in cases:
        found = _remarks(case)
        kept.append(replace(case, acts=tuple(act for act in case.acts if act not in found)))
        remarks += found
    if not any(case.acts or case.solved_by for case in kept):
        return cases, []
    return kept, remarks


def _remarks(case: Case) -> list[Act]:
    solution = case.solved_by.words if case.solved_by is not None and case.problem else None
    about = case.problem | solution if solution else None
    return [
        act
        for act in case.acts
        if act.chosen is None
        and not act.is_free_answer
        and (act.is_remark or (about is not None and _is_beside(act, about)))
    ]


def _is_beside(act: Act, about: Words) -> bool:
    return not (actions_in(act.words) or numbers_in(act.words) or act.words & about)
