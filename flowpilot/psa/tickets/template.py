"""The address of a ticket, with `{ticket}` where its number belongs."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from flowpilot.http.fields import EmptyIsNone, Storable
from flowpilot.outgoing.destinations import MAX_URL, AddressRefusedError, parse

PLACE = "{ticket}"


def leads_to_one_host(text: str) -> bool:
    """Whether an address that begins so leads to one host, whatever follows."""
    try:
        return bool(parse(text).raw_path) and text.count("/") > 2
    except AddressRefusedError:
        return False


def _template(text: str) -> str:
    before, place, _ = text.partition(PLACE)
    if not place or not leads_to_one_host(before):
        raise ValueError(
            f"Enter a full address with {PLACE} where the number belongs, such as https://desk.example/t/{PLACE}."
        )
    return text


# A ticket's number never chooses the host.
TicketUrl = Annotated[
    Annotated[
        Storable, StringConstraints(strip_whitespace=True), Field(max_length=MAX_URL), AfterValidator(_template)
    ]
    | None,
    EmptyIsNone,
]
