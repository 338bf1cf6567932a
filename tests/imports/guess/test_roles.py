"""Which column is what, by its name: not by a word that stands beside the one that counts."""

import pytest

from flowpilot.imports.guess.columns import Column, FileSample
from flowpilot.imports.guess.roles import roles_of


def sample(*names: str) -> FileSample:
    columns = (Column(name, 2, (f"{name} 1", f"{name} 2")) for name in names)
    return FileSample(tuple(columns), 2, ("",))


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (("Ticket status", "ID", "Subject", "Requester"), "ID"),
        (("Requester", "Ticket type", "Ticket #"), "Ticket #"),
        (("id", "ticket", "activity"), "ticket"),
        (("SR Number", "Status", "Owner Country"), "SR Number"),
        (("Case owner", "Case title", "Number"), "Number"),
        (("Incident State", "Summary"), "Incident State"),
        (("Issue Type", "Issue key", "Issue id"), "Issue key"),
    ],
)
def test_the_number_of_a_ticket(names: tuple[str, ...], number: str) -> None:
    assert roles_of(sample(*names)).name("id") == number


@pytest.mark.parametrize(
    ("names", "engineer"),
    [
        (("Case", "Owner Country", "Owner First Name"), "Owner First Name"),
        (("Case", "Owner Country"), None),
        (("Case", "Agent e-mail", "Agent interactions count", "Agent"), "Agent"),
        (("Case", "Assignee location", "Resource"), "Resource"),
    ],
)
def test_a_country_is_no_engineer(names: tuple[str, ...], engineer: str | None) -> None:
    assert roles_of(sample(*names)).name("engineer") == engineer
