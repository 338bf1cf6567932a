"""The demo's two accounts, declared: who works there, what breaks, and which flows they have."""

import uuid
from dataclasses import dataclass
from typing import Literal

from flowpilot.demo.problems import (
    BACKUP,
    BUSINESS_APPS,
    EMAIL,
    HARDWARE,
    IDENTITY,
    MICROSOFT_365,
    NETWORK,
    PRINTING,
    REMOTE_ACCESS,
    SECURITY,
    TELEPHONY,
    UNSORTED,
    Domain,
)
from flowpilot.identity.actor import Role

DAYS = 182

Origin = Literal["manual", "ai_generated", "ai_enhanced"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    email: str
    name: str

    @property
    def id(self) -> uuid.UUID:
        """Always the same for the same e-mail, so that seeding again meets the same person."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{self.email}")


@dataclass(frozen=True, slots=True)
class Member:
    """A person's part in an account. `share` is how many of the calls they take, relative to the others."""

    person: Person
    role: Role
    share: float = 0.0
    is_senior: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow of the library. Days count back from now: born so long ago, last used so long ago.

    `has_weak_options` makes engineers type their own answers, `misleads` makes them give up.
    """

    name: str
    category: str
    origin: Origin = "manual"
    tree_type: str = "troubleshooting"
    born_days_ago: int = 400
    last_used_days_ago: int = 0
    end: Literal["retired", "deleted"] | None = None
    has_weak_options: bool = False
    misleads: bool = False


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One managed service provider. `people_at_home` are the users that are written with this account."""

    id: uuid.UUID
    name: str
    timezone: str
    members: tuple[Member, ...]
    people_at_home: tuple[Person, ...]
    domains: tuple[Domain, ...]
    flows: tuple[Flow, ...]
    sessions: int
    live: int
    baselines: int

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
        """Those who review proposals and time verbal handoffs."""
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

# Category names differ in case from the domains, as they do where people type them.
_SHARED_FLOWS = (
    Flow("Outlook asks for the password", "Email"),
    Flow("Mail is not delivered", "Email", origin="ai_enhanced"),
    Flow("Calendar out of step", "Email", origin="ai_generated", born_days_ago=95),
    Flow("Account is locked", "identity"),
    Flow("Second factor lost or new", "identity", tree_type="procedural"),
    Flow("Access to a folder", "identity", origin="ai_generated", born_days_ago=70),
    Flow("No internet at a site", "NETWORK"),
    Flow("Wireless is unstable", "NETWORK", origin="ai_enhanced", has_weak_options=True),
    Flow("VPN does not connect", "Remote Access"),
    Flow("Remote desktop shows nothing", "Remote Access", origin="ai_generated", born_days_ago=120),
    Flow("Print queue is stuck", "Printing"),
    Flow("Scan to mail fails", "Printing", misleads=True),
    Flow("Device does not start", "Hardware"),
    Flow("OneDrive does not sync", "Microsoft 365"),
    Flow("Suspicious mail or link", "Security", tree_type="procedural"),
    Flow("Floor printer of the old lease", "Printing", last_used_days_ago=80, end="retired"),
)

NORTHWIND = DemoAccount(
    id=uuid.UUID("01980000-0000-7000-8000-00000000a001"),
    name="Northwind IT",
    timezone="America/New_York",
    members=_NORTHWIND_MEMBERS,
    people_at_home=(*(member.person for member in _NORTHWIND_MEMBERS), NEWCOMER),
    domains=(
        EMAIL,
        IDENTITY,
        NETWORK,
        REMOTE_ACCESS,
        PRINTING,
        HARDWARE,
        MICROSOFT_365,
        BUSINESS_APPS,
        SECURITY,
        BACKUP,
        TELEPHONY,
        UNSORTED,
    ),
    flows=(
        *_SHARED_FLOWS,
        Flow("Docking station and screens", "Hardware", origin="ai_generated", born_days_ago=55),
        Flow("Teams meeting without sound", "Microsoft 365", origin="ai_generated", born_days_ago=140),
        Flow("SharePoint file is read-only", "Microsoft 365", origin="ai_enhanced", born_days_ago=30),
        Flow("Accounting application stops", "Business Applications"),
        Flow("Warehouse scanner offline", "Business Applications", origin="ai_generated", born_days_ago=85),
        Flow("Virus warning on a device", "Security", origin="ai_enhanced"),
        Flow("Year-end mailbox archive", "Email", tree_type="procedural", last_used_days_ago=48),
        Flow("Exchange 2016 mail flow", "Email", last_used_days_ago=110, end="deleted"),
        Flow("Legacy dial-in", "Remote Access", last_used_days_ago=150, end="deleted"),
    ),
    sessions=4000,
    live=4,
    baselines=42,
)

ALPENBLICK = DemoAccount(
    id=uuid.UUID("01980000-0000-7000-8000-00000000a002"),
    name="Alpenblick Services",
    timezone="Europe/Vienna",
    members=_ALPENBLICK_MEMBERS,
    people_at_home=tuple(member.person for member in _ALPENBLICK_MEMBERS if member.person is not CONSULTANT),
    domains=(
        EMAIL,
        IDENTITY,
        NETWORK,
        REMOTE_ACCESS,
        PRINTING,
        HARDWARE,
        MICROSOFT_365,
        BUSINESS_APPS,
        SECURITY,
        TELEPHONY,
        UNSORTED,
    ),
    flows=(
        *_SHARED_FLOWS,
        Flow("Till does not print", "printing", origin="ai_generated", born_days_ago=40),
        Flow("Hotel booking system is slow", "BUSINESS applications", origin="ai_enhanced"),
        Flow("ISDN line test", "Network", last_used_days_ago=130, end="deleted"),
    ),
    sessions=1200,
    live=2,
    baselines=26,
)

ACCOUNTS = (NORTHWIND, ALPENBLICK)
