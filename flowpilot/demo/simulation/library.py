"""An account's flows as rows: the shipped library and its own, each with its versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from random import Random
from typing import Any

from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.flow_guide import Guide, make_guide
from flowpilot.demo.simulation.problems import domains
from flowpilot.demo.world import DemoAccount, DemoFlow
from flowpilot.flows.models import Flow, FlowCategory, FlowVersion
from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.subflows.names import led_into, renamed
from flowpilot.flows.text import FlowText, parse
from flowpilot.flows.tree import Tree, to_json
from flowpilot.identity.models import AuditEntry

_DRAFT_AGE = timedelta(days=2)
# How long a flow is verified, by the account's rule, and how long ago a forgotten one was.
_VERIFIED = timedelta(days=180)
_EXPIRED_DAYS = 183

# The shipped flows that nobody has called about came with the newest FlowPilot: they have no sessions yet.
_NEW_DAYS_AGO = 6


@dataclass(frozen=True, slots=True)
class Edition:
    """A published version, as sessions follow it."""

    version: FlowVersion
    guide: Guide


@dataclass(frozen=True, slots=True)
class LibraryFlow:
    """A flow of the library with its editions, the oldest first.

    Sessions stop being matched to it at `used_until`, and are led astray from `misleads_from` on.
    """

    row: Flow
    history: DemoFlow
    editions: tuple[Edition, ...]
    used_until: datetime
    misleads_from: datetime | None

    def is_used(self, moment: datetime) -> bool:
        """Whether a session could be matched to it at that moment."""
        return self.row.created_at <= moment <= self.used_until

    def misleads(self, moment: datetime) -> bool:
        """Whether a session that begins at that moment is led astray."""
        return self.misleads_from is not None and self.misleads_from <= moment

    def edition(self, moment: datetime) -> Edition:
        """What a session that began at that moment follows."""
        return [edition for edition in self.editions if edition.version.created_at <= moment][-1]


@dataclass(frozen=True)
class Library:
    """An account's flows, by slug, and all their rows."""

    categories: list[FlowCategory]
    flows: dict[str, LibraryFlow]
    drafts: list[FlowVersion]
    audit_log: list[AuditEntry]

    @property
    def trees(self) -> list[Flow]:
        """The flows' rows."""
        return [flow.row for flow in self.flows.values()]

    @cached_property
    def by_name(self) -> dict[str, LibraryFlow]:
        """The flows by their names, as a text's sub-flows have them."""
        return {flow.row.name: flow for flow in self.flows.values()}

    @property
    def versions(self) -> list[FlowVersion]:
        """All versions' rows."""
        return [edition.version for flow in self.flows.values() for edition in flow.editions] + self.drafts


def make_library(rng: Random, account: DemoAccount, now: datetime) -> Library:
    """The library of an account as it has grown until now."""
    founded_at = now - timedelta(days=max(flow.born_days_ago for flow in _declared(account)))
    categories = [
        FlowCategory(account_id=account.id, id=id_at(rng, founded_at), name=name) for name in account.categories
    ]
    library = Library(categories, {}, [], [])
    for history in _declared(account):
        _add_flow(rng, account, library, history, now)
    _name_by_id(library)
    return library


def _name_by_id(library: Library) -> None:
    """Let sub-flows lead into the account's own flows, as when a draft is saved."""
    ids = {row.name: str(row.id) for row in library.trees}
    for version in library.versions:
        tree = Tree.model_validate(version.structure)
        if led_into(tree):
            version.structure = to_json(renamed(tree, ids))


@cache
def flow_text(slug: str, number: int = 1) -> FlowText:
    """A version of a flow as text: one that ships with FlowPilot, or one of the demo's own."""
    if slug in shipped_flows():
        return shipped_flows()[slug]
    name = f"{slug}.yaml" if number == 1 else f"{slug}.v{number}.yaml"
    return parse(files(__package__).joinpath("data", "flows", name).read_text("utf-8"))


@cache
def _guide(slug: str, number: int) -> Guide:
    return make_guide(flow_text(slug, number).tree)


def _declared(account: DemoAccount) -> list[DemoFlow]:
    own = {flow.slug: flow for flow in account.flows}
    shipped = (
        DemoFlow(slug) if slug in _asked_about() | _led_into() else DemoFlow(slug, born_days_ago=_NEW_DAYS_AGO)
        for slug in shipped_flows()
        if slug not in own
    )
    return [*shipped, *own.values()]


@cache
def _asked_about() -> frozenset[str]:
    """The slugs of the flows that somebody calls about."""
    return frozenset(slug for domain in domains().values() for problem in domain.problem for slug in problem.flows)


@cache
def _led_into() -> frozenset[str]:
    """The slugs of the shipped flows into which others lead: they are as old as those."""
    slugs = {flow.name: slug for slug, flow in shipped_flows().items()}
    return frozenset(slugs[name] for flow in shipped_flows().values() for name in led_into(flow.tree).values())


def _add_flow(rng: Random, account: DemoAccount, library: Library, history: DemoFlow, now: datetime) -> None:
    text = flow_text(history.slug)
    born_at, used_until = (
        now - timedelta(days=days) for days in (history.born_days_ago, history.last_used_days_ago)
    )
    row = Flow(
        account_id=account.id,
        id=id_at(rng, born_at),
        name=text.name,
        description=text.description,
        keywords=list(text.keywords),
        tree_type=text.type,
        origin=history.origin,
        category_id=_category_id(library, text),
        is_active=history.end != "retired",
        created_by=account.owner.id,
        created_at=born_at,
        deleted_at=used_until if history.end == "deleted" else None,
    )
    published = [born_at]
    if history.second_days_ago is not None:
        published.append(now - timedelta(days=history.second_days_ago))
    editions = [
        Edition(_make_version(rng, row, history, number, at), _guide(history.slug, number))
        for number, at in enumerate(published, start=1)
    ]
    for edition in editions:
        edition.version.published_at = edition.version.created_at
        row.published_version_id = edition.version.id
    _verify(row, account, history, published[-1], now, len(library.flows))
    library.flows[history.slug] = LibraryFlow(
        row, history, tuple(editions), used_until, _misleads_from(history, born_at, now)
    )
    if history.has_draft:
        library.drafts.append(_make_version(rng, row, history, len(editions) + 1, now - _DRAFT_AGE))
    library.audit_log.extend(_audit(rng, row, editions, history, used_until))


def _verify(
    row: Flow, account: DemoAccount, history: DemoFlow, published_at: datetime, now: datetime, place: int
) -> None:
    """Give the flow an owner, who has confirmed it some months ago; too long ago if nobody needs it any more."""
    owner = account.seniors[place % len(account.seniors)].person.id
    days_ago = _EXPIRED_DAYS if history.last_used_days_ago else 60 + 17 * place % 110
    row.owner_id = row.verified_by = owner
    row.verified_at = max(published_at, now - timedelta(days=days_ago))
    row.verified_until = (row.verified_at + _VERIFIED).date()


def _misleads_from(history: DemoFlow, born_at: datetime, now: datetime) -> datetime | None:
    if not history.misleads:
        return None
    days_ago = history.misleads_since_days_ago
    return born_at if days_ago is None else now - timedelta(days=days_ago)


def _make_version(rng: Random, row: Flow, history: DemoFlow, number: int, at: datetime) -> FlowVersion:
    return FlowVersion(
        account_id=row.account_id,
        id=id_at(rng, at),
        tree_id=row.id,
        number=number,
        structure=to_json(flow_text(history.slug, number).tree),
        tree_type=row.tree_type,
        created_by=row.created_by,
        created_at=at,
        published_at=None,
    )


def _category_id(library: Library, text: FlowText) -> Any:
    """The category of that name, whatever its case, as when a flow is made."""
    assert text.category is not None
    return next(category.id for category in library.categories if category.name.lower() == text.category.lower())


def _audit(
    rng: Random, row: Flow, editions: list[Edition], history: DemoFlow, used_until: datetime
) -> Iterator[AuditEntry]:
    name = {"name": row.name}
    published = [
        (edition.version.created_at, "flow.published", {**name, "version": edition.version.number})
        for edition in editions
    ]
    facts: list[tuple[datetime, str, dict[str, Any]]] = [(row.created_at, "flow.created", name), *published]
    if history.end is not None:
        facts.append((used_until, f"flow.{history.end}", name))
    for at, action, after in facts:
        yield AuditEntry(
            account_id=row.account_id,
            id=id_at(rng, at),
            actor_id=row.created_by,
            action=action,
            target_type="flow",
            target_id=row.id,
            before=None,
            after=after,
            at=at,
        )
