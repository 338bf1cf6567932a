"""Who of the ticket system is who here, by e-mail, where that leaves no doubt."""

from typing import Any

import pytest

from flowpilot.db.base import new_id
from flowpilot.psa.connections.models import MappedBy, PsaMember
from flowpilot.psa.members.matching import explain, match

ALEX, KIM = new_id(), new_id()
USERS = {"alex@desk.example": ALEX, "kim@desk.example": KIM}


def _member(external_id: str, email: str | None, **said: Any) -> PsaMember:
    values = {"is_active": True, "is_own": False, "user_id": None, "mapped_by": None} | said
    return PsaMember(external_id=external_id, name=external_id, email=email, **values)


def test_an_e_mail_in_another_case_is_the_same() -> None:
    assert match([_member("7", " Alex@Desk.EXAMPLE ")], USERS, set()) == {"7": ALEX}


def test_two_active_members_with_one_e_mail_are_nobody() -> None:
    members = [_member("7", "alex@desk.example"), _member("8", "ALEX@desk.example")]
    assert match(members, USERS, set()) == {}
    assert explain(members[0], members, USERS) == (
        "2 active members of the ticket system have this e-mail. Choose who it is, if anybody."
    )


def test_an_inactive_member_is_nobody_and_leaves_the_e_mail_to_the_active_one() -> None:
    members = [_member("7", "alex@desk.example", is_active=False), _member("8", "alex@desk.example")]
    assert match(members, USERS, set()) == {"8": ALEX}
    assert explain(members[0], members, USERS) == "Inactive in the ticket system, or not shown by it any more."


def test_somebody_who_was_mapped_by_hand_is_not_matched_to_another_member() -> None:
    member = _member("7", "alex@desk.example")
    assert match([member], USERS, {ALEX}) == {}
    assert explain(member, [member], USERS) == (
        "The person with this e-mail is mapped to another member. Choose who it is, if anybody."
    )


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        (None, "Has no e-mail in the ticket system. Choose who it is, if anybody."),
        ("sam@desk.example", "Nobody here has this e-mail. Choose who it is, if anybody."),
    ],
)
def test_it_says_why_nobody_is_matched(email: str | None, reason: str) -> None:
    member = _member("7", email)
    assert match([member], USERS, set()) == {}
    assert explain(member, [member], USERS) == reason


def test_nobody_by_hand_says_so() -> None:
    assert explain(_member("7", None, mapped_by=MappedBy.HAND), [], USERS) == (
        "Somebody has chosen that this is nobody here."
    )


def test_somebody_who_is_mapped_needs_no_reason() -> None:
    assert explain(_member("7", None, user_id=ALEX), [], USERS) is None
