"""Who works in Request Tracker, and for whom."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flowpilot.psa.provider import Client, Member
from flowpilot.psa.providers.request_tracker import records
from flowpilot.psa.providers.request_tracker.rest import Rest


async def list_members(rest: Rest, domains: str) -> Sequence[Member]:
    """The privileged users with an address of the desk's domains, by name.

    Only a user's own record tells whether they are privileged. Everybody who ever wrote an e-mail to the desk is a
    user too, so the domains keep the requests few.
    """
    owner = await read_owner(rest) or {}
    wanted = _named(domains) or _named(owner.get("EmailAddress", "").rpartition("@")[2])
    everybody = await rest.items("/users", {**records.MEMBER_FIELDS, "find_disabled_rows": 1})
    people = [user for user in everybody if records.is_person(user) and _is_of(user["EmailAddress"], wanted)]
    active = {user["Name"] for user in await rest.items("/users", records.MEMBER_FIELDS)}
    details = await rest.get_each(f"/user/{quote(user['Name'], safe='')}" for user in people)
    members = [
        records.member(user, is_active=user["Name"] in active, is_own=user["Name"] == owner.get("Name"))
        for user, detail in zip(people, details, strict=True)
        if detail["Privileged"]
    ]
    return sorted(members, key=lambda member: member.name.casefold())


async def domains_without_people(rest: Rest, entered: str) -> Sequence[str]:
    """Which of the desk's domains no user has, because of a typing error perhaps."""
    users = await rest.items("/users", records.MEMBER_FIELDS)
    used = {user["EmailAddress"].rpartition("@")[2].casefold() for user in users}
    return sorted(_named(entered) - used)


async def list_clients(rest: Rest) -> Sequence[Client]:
    """The organisations that users belong to, by name."""
    users = await rest.items("/users", {"fields": "Organization"})
    names = {user["Organization"].strip() for user in users} - {""}
    return [Client(name, name) for name in sorted(names, key=str.casefold)]


async def read_owner(rest: Rest) -> dict[str, Any] | None:
    """The token's owner, if the token tells who that is."""
    owner: dict[str, Any] | None = None if rest.owner_id is None else await rest.get(f"/user/{rest.owner_id}")
    return owner


def _named(entered: str) -> set[str]:
    return {domain.strip().casefold().removeprefix("@") for domain in entered.split(",")} - {""}


def _is_of(address: str, domains: set[str]) -> bool:
    return not domains or address.rpartition("@")[2].casefold() in domains
