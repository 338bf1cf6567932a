"""An account's flows as rows, each with the first edition of its tree."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from flowpilot.demo.case import ShelvedFlow
from flowpilot.demo.chance import id_at
from flowpilot.demo.problems import Domain
from flowpilot.demo.world import DemoAccount, Flow
from flowpilot.flows.models import Tree, TreeCategory, TreeVersion


def make_categories(rng: Random, account: DemoAccount, now: datetime) -> list[TreeCategory]:
    """One row for each category name that is in use."""
    names = dict.fromkeys(flow.category for flow in account.flows)
    return [TreeCategory(account_id=account.id, id=id_at(rng, now), name=name) for name in names]


def make_flows(rng: Random, account: DemoAccount, categories: list[TreeCategory], now: datetime) -> list[Tree]:
    """One row a flow, in the order they are declared."""
    category_ids = {category.name: category.id for category in categories}
    return [_make_flow(rng, account, flow, category_ids, now) for flow in account.flows]


def make_versions(rng: Random, account: DemoAccount, flows: list[Tree]) -> list[TreeVersion]:
    """The first edition of every flow, which asks its domain's questions in turn."""
    domains = {domain.name: domain for domain in account.domains}
    return [
        TreeVersion(
            account_id=account.id,
            id=id_at(rng, flow.created_at),
            tree_id=flow.id,
            number=1,
            structure=_structure(domains[told.category.casefold()]),
            created_by=account.members[0].person.id,
            created_at=flow.created_at,
            published_at=flow.created_at,
        )
        for flow, told in zip(flows, account.flows, strict=True)
    ]


def shelve(account: DemoAccount, flows: list[Tree], now: datetime) -> list[ShelvedFlow]:
    """The flows with the time in which sessions are matched to them."""
    return [
        ShelvedFlow(flow.id, told, flow.created_at, now - timedelta(days=told.last_used_days_ago))
        for flow, told in zip(flows, account.flows, strict=True)
    ]


def _make_flow(rng: Random, account: DemoAccount, flow: Flow, category_ids: dict[str, Any], now: datetime) -> Tree:
    born_at = now - timedelta(days=flow.born_days_ago)
    return Tree(
        account_id=account.id,
        id=id_at(rng, born_at),
        name=flow.name,
        tree_type=flow.tree_type,
        origin=flow.origin,
        category_id=category_ids[flow.category],
        is_active=flow.end != "retired",
        created_at=born_at,
        deleted_at=now - timedelta(days=flow.last_used_days_ago) if flow.end == "deleted" else None,
    )


def _structure(domain: Domain) -> dict[str, Any]:
    """Question leads to question; whatever is chosen at the last one leads to something to try."""
    last = len(domain.questions)
    nodes: dict[str, Any] = {
        f"question-{number}": {
            "question": question,
            "options": [
                {"label": option, "next": f"question-{number + 1}" if number < last else _fix(domain, place)}
                for place, option in enumerate(options)
            ],
        }
        for number, (question, options) in enumerate(domain.questions, start=1)
    }
    fixes = {f"fix-{place}": {"resolution": fix} for place, fix in enumerate(domain.fixes, start=1)}
    return {"root": "question-1", "nodes": nodes | fixes}


def _fix(domain: Domain, place: int) -> str:
    return f"fix-{place % len(domain.fixes) + 1}"
