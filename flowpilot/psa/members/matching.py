"""Who of the ticket system is who here: by e-mail, where that leaves no doubt."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from flowpilot.email_address import normal_email
from flowpilot.psa.connections.models import MappedBy, PsaMember


def match(
    members: Iterable[PsaMember], users: Mapping[str, uuid.UUID], taken: Collection[uuid.UUID]
) -> dict[str, uuid.UUID]:
    """The people here, by the ids of the members there.

    Nobody is matched who is inactive there, shares an e-mail with another active member, or was mapped by hand.

    Args:
        members: those there who are not mapped by hand.
        users: the people here, by their e-mails as `normal_email` writes them.
        taken: the people here who were mapped by hand.
    """
    active = [(member.external_id, _address(member)) for member in members if member.is_active]
    counts = Counter(address for _, address in active)
    return {
        member_id: users[address]
        for member_id, address in active
        if counts[address] == 1 and address in users and users[address] not in taken
    }


def explain(member: PsaMember, others: Iterable[PsaMember], users: Mapping[str, uuid.UUID]) -> str | None:
    """Why a member is not matched, in a sentence; None for one who is."""
    if member.user_id is not None:
        return None
    if member.mapped_by == MappedBy.HAND:
        return "Somebody has chosen that this is nobody here."
    if member.is_own:
        return "FlowPilot's own user, whose credentials this connection has: it is nobody here."
    if not member.is_active:
        return "Inactive in the ticket system, or not shown by it any more."
    return f"{_doubt(_address(member), others, users)} Choose who it is, if anybody."


def _doubt(address: str, members: Iterable[PsaMember], users: Mapping[str, uuid.UUID]) -> str:
    if not address:
        return "Has no e-mail in the ticket system."
    same = [member for member in members if member.is_active and _address(member) == address]
    if len(same) > 1:
        return f"{len(same)} active members of the ticket system have this e-mail."
    if address in users:
        return "The person with this e-mail is mapped to another member."
    return "Nobody here has this e-mail."


def _address(member: PsaMember) -> str:
    return normal_email(member.email or "")
