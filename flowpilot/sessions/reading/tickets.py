"""When sessions are of one ticket, in SQL."""


def ticket_key(column: str) -> str:
    """What the numbers of one ticket have in common, as `psa.numbers.bare` has it: no # before it, and no case.

    A log, or somebody before a ticket system was connected, may have written a number in another way.
    """
    return f"lower(btrim(ltrim(btrim({column}), '#')))"
