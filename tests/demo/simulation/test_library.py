"""The demo's flows: the shipped library and its own, and the results of their sessions."""

import uuid
from collections import Counter
from statistics import fmean

from flowpilot.demo.simulation.library import flow_text
from flowpilot.demo.simulation.problems import domains, words
from flowpilot.demo.simulation.simulate import DemoRows
from flowpilot.demo.world import ACCOUNTS, ALPENBLICK, NORTHWIND, DemoAccount
from flowpilot.flows.models import Flow
from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.tree import Node
from flowpilot.sessions.models import AISession, SessionStatus, StepKind
from tests.demo.rows import NOW, facts, simulated

OWN_FLOWS = {flow.slug for account in ACCOUNTS for flow in account.flows}


def flow_named(rows: DemoRows, name: str) -> Flow:
    (flow,) = [flow for flow in rows.flows if flow.name == name]
    return flow


def sessions_of(rows: DemoRows, flow: Flow) -> list[AISession]:
    return [session for session in rows.sessions if session.matched_flow_id == flow.id]


def nodes_about(slugs: tuple[str, ...]) -> dict[str, list[Node]]:
    """The nodes of the flows' first versions by id; some ids are in more than one flow."""
    nodes: dict[str, list[Node]] = {}
    for slug in slugs:
        for node_id, node in flow_text(slug).tree.nodes.items():
            nodes.setdefault(node_id, []).append(node)
    return nodes


def test_every_account_has_the_shipped_library(account: DemoAccount) -> None:
    active = {flow.name for flow in simulated(account).flows if flow.is_active and flow.deleted_at is None}
    assert active >= {flow.name for flow in shipped_flows().values()}


def test_flows_are_of_every_origin_and_some_are_retired_or_deleted(account: DemoAccount) -> None:
    flows = simulated(account).flows
    assert {flow.origin for flow in flows} == {"manual", "ai_generated", "ai_enhanced"}
    assert [flow.name for flow in flows if not flow.is_active] == ["Floor printer of the old lease"]
    assert any(flow.deleted_at for flow in flows)


def test_no_two_flows_have_one_name(account: DemoAccount) -> None:
    names = Counter(flow.name.lower() for flow in simulated(account).flows)
    assert set(names.values()) == {1}


def test_every_flow_has_a_category_and_some_are_in_odd_case(account: DemoAccount) -> None:
    rows = simulated(account)
    categories = {category.id for category in rows.categories}
    assert {flow.category_id for flow in rows.flows} <= categories
    odd = [category.name for category in rows.categories if category.name != category.name.title()]
    assert len(odd) >= 2


def test_a_session_keeps_the_version_that_it_began_with() -> None:
    rows = simulated(NORTHWIND)
    flow = flow_named(rows, "Docking station and screens")
    first, second = (version for version in rows.flow_versions if version.tree_id == flow.id)
    used = Counter(session.flow_version_id for session in sessions_of(rows, flow))
    assert flow.published_version_id == second.id
    assert set(used) == {first.id, second.id}


def test_one_flow_has_an_open_draft() -> None:
    rows = simulated(NORTHWIND)
    (draft,) = [version for version in rows.flow_versions if version.published_at is None]
    assert draft.number == 2
    assert draft.tree_id == flow_named(rows, "Accounting application stops").id
    assert draft.created_at < NOW


def test_a_misleading_flow_is_given_up_more_often_than_not() -> None:
    rows = simulated(NORTHWIND)
    ended = [session.status for session in sessions_of(rows, flow_named(rows, "Scan to mail fails"))]
    assert fmean(status == SessionStatus.ABANDONED for status in ended) > 0.5


def test_a_flow_with_weak_options_is_answered_in_free_text() -> None:
    rows = simulated(NORTHWIND)
    shares = {
        flow.name: sum(session.free_text_count for session in used) / sum(session.answer_count for session in used)
        for flow in rows.flows
        if len(used := sessions_of(rows, flow)) >= 40 and any(session.answer_count for session in used)
    }
    weakest = max(shares, key=shares.__getitem__)
    assert weakest == "Calendar out of step"
    assert shares.pop(weakest) > 0.4
    assert max(shares.values()) < 0.2


def test_some_flows_do_quite_well() -> None:
    rows = simulated(NORTHWIND)
    resolved = [
        fmean(session.status == SessionStatus.RESOLVED for session in used)
        for flow in rows.flows
        if len(used := sessions_of(rows, flow)) >= 40
    ]
    assert sum(share > 0.85 for share in resolved) >= 5


def test_a_domain_without_a_flow_is_worked_on_without_one() -> None:
    sessions = [
        session for session in simulated(ALPENBLICK).sessions if session.problem_domain == "mobile devices"
    ]
    assert sessions
    assert {session.matched_flow_id for session in sessions} == {None}


def test_a_session_follows_a_flow_that_is_about_its_problem() -> None:
    texts = {flow.id: flow.name for flow in simulated(NORTHWIND).flows}
    followed = Counter(
        (session.problem_summary.split(" ")[0], texts[session.matched_flow_id])
        for session in simulated(NORTHWIND).sessions
        if session.matched_flow_id is not None and session.problem_summary.startswith(("OneDrive", "Docking"))
    )
    assert set(followed) == {
        ("OneDrive", "OneDrive or SharePoint does not sync"),
        ("Docking", "Docking station and screens"),
    }


def test_a_problems_answers_are_in_its_flow() -> None:
    for domain in domains().values():
        for problem in domain.problem:
            assert set(problem.flows) <= {*shipped_flows(), *OWN_FLOWS}
            nodes = nodes_about(problem.flows)
            for node_id, label in problem.path.items():
                offered = {choice.label for node in nodes[node_id] for choice in node.offered}
                assert label in offered, (problem.text, node_id, label)


def test_some_sessions_go_through_a_sub_flow_and_on_in_their_own(account: DemoAccount) -> None:
    rows = simulated(account)
    entered = {step.session_id for step in rows.steps if step.kind == StepKind.ENTER}
    inside = {step.session_id for step in rows.steps if step.kind != StepKind.ENTER and "flow" in step.content}
    solved = {session.id for session in rows.sessions if session.status == SessionStatus.RESOLVED}
    assert len(entered & inside & solved) >= 5


def test_own_words_for_weak_options_answer_questions_that_there_are() -> None:
    weak = tuple(flow.slug for account in ACCOUNTS for flow in account.flows if flow.has_weak_options)
    questions = {node_id for node_id, (node,) in nodes_about(weak[:1]).items() if node.kind == "question"}
    assert set(words().weak) == questions


def test_every_flow_has_sessions_if_somebody_calls_about_its_problem(account: DemoAccount) -> None:
    found = facts(account)
    asked = {slug for domain in domains().values() for problem in domain.problem for slug in problem.flows}
    # Nobody calls about a new computer: its runs are ordered.
    new = {flow.name for slug, flow in shipped_flows().items() if slug not in asked | {"new-pc"}}
    used: set[uuid.UUID | None] = {session.matched_flow_id for session in found.rows.sessions}
    unused = {flow.name for flow in found.rows.flows if flow.id not in used}
    assert unused == new | ({"Backup has failed"} if account is ALPENBLICK else set())
