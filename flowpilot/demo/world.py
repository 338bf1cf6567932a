"""The demo's two accounts, declared: who works there, what breaks, and which flows they have."""

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Literal

from flowpilot.identity.actor import Role

DAYS = 182

Origin = Literal["manual", "ai_generated", "ai_enhanced"]


@cache
def _id_of(email: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{email}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    email: str
    name: str

    @property
    def id(self) -> uuid.UUID:
        """Always the same for the same e-mail, so that seeding again finds the same person."""
        return _id_of(self.email)


@dataclass(frozen=True, slots=True)
class Member:
    """A person's part in an account. `share` is how many of the calls they take, relative to the others."""

    person: Person
    role: Role
    share: float = 0.0
    is_senior: bool = False


@dataclass(frozen=True, slots=True)
class DemoFlow:
    """A flow of the library, by the slug of its text. Days count back from now.

    `has_weak_options` makes engineers type their own answers, `misleads` makes them give up, from the beginning or
    for so many days. With `second_days_ago` a second version was published then; with `has_draft` one is being
    written.
    """

    slug: str
    origin: Origin = "manual"
    born_days_ago: int = 400
    last_used_days_ago: int = 0
    end: Literal["retired", "deleted"] | None = None
    has_weak_options: bool = False
    misleads: bool = False
    misleads_since_days_ago: int | None = None
    second_days_ago: int | None = None
    has_draft: bool = False


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One managed service provider.

    `people_at_home` are the users that are written with this account. `flows` are its own, and shipped ones that
    it got later than the others. `live` is how many sessions of each kind are in progress, `timed_lately` how many
    verbal handoffs were timed in the last weeks, `timed_before` how many earlier.
    """

    id: uuid.UUID
    name: str
    timezone: str
    lease_minutes: int
    idle_minutes: int
    members: tuple[Member, ...]
    people_at_home: tuple[Person, ...]
    domains: tuple[str, ...]
    categories: tuple[str, ...]
    flows: tuple[DemoFlow, ...]
    sessions: int
    live: int
    timed_lately: int
    timed_before: int

    @property
    def owner(self) -> Person:
        """Whose account it is."""
        return self.members[0].person

    @property
    def engineers(self) -> list[Member]:
        """Those who take calls."""
        return [member for member in self.members if member.share > 0]

    @property
    def seniors(self) -> list[Member]:
        """Those who claim handoffs."""
        return [member for member in self.members if member.is_senior]

    @property
    def admins(self) -> list[Member]:
        """Those who review proposals and exclude what was timed wrongly."""
        return [member for member in self.members if member.role.rank >= Role.TEAM_ADMIN.rank]


CONSULTANT = Person("consultant@flowpilot.example", "Robin")
NEWCOMER = Person("newcomer@flowpilot.example", "Kim")

_NORTHWIND_MEMBERS = (
    Member(Person("owner@northwind.example", "Dana"), Role.OWNER),
    Member(Person("admin@northwind.example", "Luis"), Role.TEAM_ADMIN, share=0.2, is_senior=True),
    Member(Person("senior@northwind.example", "Priya"), Role.ENGINEER, share=0.4, is_senior=True),
    Member(Person("senior2@northwind.example", "Marcus"), Role.ENGINEER, share=0.3, is_senior=True),
    Member(Person("engineer@northwind.example", "Joan"), Role.ENGINEER, share=1.2),
    Member(Person("engineer2@northwind.example", "Tyler"), Role.ENGINEER, share=1.0),
    Member(Person("engineer3@northwind.example", "Aisha"), Role.ENGINEER, share=1.0),
    Member(Person("engineer4@northwind.example", "Ben"), Role.ENGINEER, share=0.7),
    Member(Person("engineer5@northwind.example", "Mei"), Role.ENGINEER, share=0.5),
    Member(Person("viewer@northwind.example", "Gail"), Role.VIEWER),
    Member(CONSULTANT, Role.TEAM_ADMIN),
)

_ALPENBLICK_MEMBERS = (
    Member(Person("owner@alpenblick.example", "Resi"), Role.OWNER),
    Member(Person("admin@alpenblick.example", "Florian"), Role.TEAM_ADMIN, share=0.3, is_senior=True),
    Member(Person("senior@alpenblick.example", "Vroni"), Role.ENGINEER, share=0.4, is_senior=True),
    Member(Person("engineer@alpenblick.example", "Lukas"), Role.ENGINEER, share=1.0),
    Member(Person("engineer2@alpenblick.example", "Emina"), Role.ENGINEER, share=0.9),
    Member(Person("engineer3@alpenblick.example", "Tobias"), Role.ENGINEER, share=0.6),
    Member(Person("viewer@alpenblick.example", "Hanna"), Role.VIEWER),
    Member(CONSULTANT, Role.ENGINEER, share=0.2),
)

_DOMAINS = (
    "email",
    "identity",
    "network",
    "remote access",
    "printing",
    "hardware",
    "microsoft 365",
    "business applications",
    "security",
    "telephony",
    "mobile devices",
    "",
)

_SHARED_FLOWS = (
    DemoFlow("phone-calls", born_days_ago=60),
    DemoFlow("calendar-out-of-step", origin="ai_generated", born_days_ago=130, has_weak_options=True),
    DemoFlow("scan-to-mail", misleads=True),
    DemoFlow("device-does-not-start"),
    DemoFlow("floor-printer", last_used_days_ago=80, end="retired"),
    DemoFlow("virus-warning", origin="ai_enhanced"),
)

NORTHWIND = DemoAccount(
    id=uuid.UUID("01980000-0000-7000-8000-00000000a001"),
    name="Northwind IT",
    timezone="America/New_York",
    lease_minutes=120,
    idle_minutes=7200,
    members=_NORTHWIND_MEMBERS,
    people_at_home=(*(member.person for member in _NORTHWIND_MEMBERS), NEWCOMER),
    domains=(*_DOMAINS, "backup"),
    # Names differ in case from the domains, as they do when people type them.
    categories=(
        "Email",
        "identity",
        "NETWORK",
        "Remote Access",
        "Printing",
        "Hardware",
        "Microsoft 365",
        "Business Applications",
        "Security",
        "Backup",
        "Telephony",
    ),
    flows=(
        *_SHARED_FLOWS,
        DemoFlow("file-permissions", misleads=True, misleads_since_days_ago=52),
        DemoFlow("backup-failure", born_days_ago=45),
        DemoFlow("docking-station", origin="ai_generated", born_days_ago=150, second_days_ago=40),
        DemoFlow("sharepoint-read-only", origin="ai_enhanced", born_days_ago=30),
        DemoFlow("accounting-stops", has_draft=True),
        DemoFlow("warehouse-scanner", origin="ai_generated", born_days_ago=85),
        DemoFlow("mailbox-archive", last_used_days_ago=48),
        DemoFlow("exchange-2016", last_used_days_ago=110, end="deleted"),
        DemoFlow("dial-in", last_used_days_ago=150, end="deleted"),
    ),
    sessions=4000,
    live=4,
    timed_lately=36,
    timed_before=24,
)

ALPENBLICK = DemoAccount(
    id=uuid.UUID("01980000-0000-7000-8000-00000000a002"),
    name="Alpenblick Services",
    timezone="Europe/Vienna",
    lease_minutes=240,
    idle_minutes=7200,
    members=_ALPENBLICK_MEMBERS,
    people_at_home=tuple(member.person for member in _ALPENBLICK_MEMBERS if member.person is not CONSULTANT),
    domains=_DOMAINS,
    categories=(
        "Email",
        "identity",
        "Network",
        "Remote Access",
        "printing",
        "Hardware",
        "Microsoft 365",
        "BUSINESS applications",
        "Security",
        "Backup",
        "Telephony",
    ),
    flows=(
        *_SHARED_FLOWS,
        DemoFlow("docking-station", origin="ai_generated", born_days_ago=100),
        DemoFlow("till-printer", origin="ai_generated", born_days_ago=40),
        DemoFlow("hotel-booking", origin="ai_enhanced"),
        DemoFlow("isdn-line", last_used_days_ago=130, end="deleted"),
    ),
    sessions=1200,
    live=2,
    timed_lately=12,
    timed_before=6,
)

ACCOUNTS = (NORTHWIND, ALPENBLICK)
