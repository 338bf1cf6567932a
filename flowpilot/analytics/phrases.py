"""What people said in problems, as stems in the order they said them: for a report and for the rows behind it.

Both read a text by the same rules, so the rows are exactly those that the report counted.
"""

from flowpilot.analytics.sql import CREATED_IN_WINDOW
from flowpilot.flows.matching.vocabulary import COMMON

NEWEST_UNMATCHED = 2000

# The rest of a longer text is more often a log than a description.
_MAX_CHARACTERS = 1000

# Words that tie others together, beside the help desk's common ones and those that PostgreSQL leaves out.
_TIES = "cant doesnt isnt arent wasnt didnt couldnt wouldnt hasnt havent ive im its every without report reports"

SILENT = f"tsvector_to_array(to_tsvector('english', '{' '.join(COMMON.split())} {_TIES}'))"

# The flow is null in all of these rows: naming it in the order lets PostgreSQL read its index backwards.
NEWEST = f"""
SELECT id, problem_domain, problem_summary FROM ai_sessions
WHERE {CREATED_IN_WINDOW} AND matched_flow_id IS NULL AND problem_summary <> ''
ORDER BY matched_flow_id DESC, created_at DESC, id DESC
LIMIT {NEWEST_UNMATCHED}
"""


def spoken(text: str) -> str:
    """The words of a text as they were said, with blanks between: nothing but letters, `Wi-Fi` is `WiFi`."""
    joined = f"regexp_replace(left({text}, {_MAX_CHARACTERS}), '[-''\u2019]', '', 'g')"
    return rf"trim(regexp_replace({joined}, '[^[\:alpha\:]]+', ' ', 'g'))"


# Of the newest: the domain, the text, and its words if they may have other letters than those of ASCII.
SAID = f"""
problem_domain AS domain, left(problem_summary, {_MAX_CHARACTERS}) AS said,
CASE WHEN octet_length(problem_summary) > char_length(problem_summary)
     THEN {spoken("problem_summary")} END AS words
"""
# As `spoken` does: two characters join what is beside them, and what is no letter is a blank.
_JOINING = b"-'"
_BLANK_BETWEEN = bytes(code if chr(code).isalpha() else ord(" ") for code in range(128)).ljust(256)


def spoken_words(said: str, words: str | None) -> list[str]:
    """The words of a text as `spoken` has them, which is asked only what is a letter outside of ASCII."""
    if words is not None:
        return words.split(" ")
    return said.encode().translate(_BLANK_BETWEEN, _JOINING).decode().split()


def telling(text: str) -> str:
    """The stems that say something, each with its place among the spoken words, as a table."""
    return f"""
    SELECT lexeme AS stem, place
    FROM unnest(to_tsvector('english', {spoken(text)})) AS said (lexeme, places, weights), unnest(places) AS place
    WHERE length(lexeme) > 1 AND lexeme <> ALL ({SILENT})
    """


def stems(text: str) -> str:
    """These stems in order, with a blank before and after each; null if there are none."""
    return f"(SELECT ' ' || string_agg(stem, ' ' ORDER BY place) || ' ' FROM ({telling(text)}) stemmed)"


# Of the newest sessions without a flow: those whose problem says the phrase, whatever says nothing in between. As
# an array they are found once, and not again for each session.
SAYS_PHRASE = f"""
id = ANY (ARRAY(
    SELECT id FROM ({NEWEST}) newest
    WHERE strpos({stems("problem_summary")}, {stems("CAST(:phrase AS text)")}) > 0
))
"""
