"""What a person says on the command line of tickets with equal numbers, and of the system that they are from."""

from enum import StrEnum
from typing import Annotated

import typer

from flowpilot.imports.guess.systems import system_name
from flowpilot.imports.mapping.loading import answering
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping


class EqualNumbers(StrEnum):
    """What tickets are that have the number of one that is here."""

    SAME = "same"
    OTHER = "other"


EqualNumbersOption = Annotated[
    EqualNumbers | None,
    typer.Option(
        help="What tickets are that have the number of one that is here, if that is doubtful: the same, or other"
        " ones, of another system. The dry run says whether it is."
    ),
]


def answered(mapping: Mapping, equal_numbers: EqualNumbers | None, system: str | None) -> Mapping:
    """The mapping with what was said.

    Raises:
        MappingError: tickets of other systems need the name of theirs, or the name says nothing.
    """
    if equal_numbers is None and system is None:
        return mapping
    answer = mapping.equal_numbers if equal_numbers is None else equal_numbers.value
    name = system_name(system or "")
    if system and name is None:
        raise MappingError("Give the ticket system a name of letters or digits.")
    return answering(mapping, answer, name)
