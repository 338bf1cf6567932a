"""What a proposal holds beside its tree."""

from flowpilot.knowledge.content import keywords_of


def test_titles_that_say_the_same_are_one_keyword() -> None:
    titles = [
        "Search in Outlook finds nothing newer than last week for one user",
        "Search in Outlook finds nothing newer than last week for a part-timer",
        "",
        "New mail is missing from the Outlook search",
    ]
    assert keywords_of(titles) == [titles[0], titles[3]]
