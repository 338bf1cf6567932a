"""The shipped flows are complete and usable."""

from collections import Counter

import pytest

from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.text import FlowText, parse, render
from flowpilot.flows.tree import NodeKind, problems

FLOWS = shipped_flows()
CATEGORIES = {
    "Email", "Identity", "Network", "Remote Access", "Printing", "Hardware",
    "Microsoft 365", "Business Applications", "Security", "Backup", "Telephony",
}  # fmt: skip

every_flow = pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)


def test_the_library_covers_what_was_promised() -> None:
    assert list(FLOWS) == [
        "account-lockout", "backup-failure", "business-application", "disk-full", "dns",
        "file-permissions", "mail-not-delivered", "new-starter", "onedrive-sync", "outlook-password-prompts",
        "password-and-mfa", "phishing-report", "phone-calls", "printer", "remote-desktop",
        "site-no-internet", "slow-pc", "teams-audio", "vpn", "wifi",
    ]  # fmt: skip


def test_no_two_flows_have_the_same_name() -> None:
    assert len({flow.name.casefold() for flow in FLOWS.values()}) == len(FLOWS)


def test_every_domain_has_a_flow() -> None:
    assert {flow.category for flow in FLOWS.values()} == CATEGORIES


@every_flow
def test_it_can_be_published(flow: FlowText) -> None:
    assert problems(flow.tree) == []


@every_flow
def test_it_can_end_well_and_can_be_handed_over(flow: FlowText) -> None:
    kinds = Counter(node.kind for node in flow.tree.nodes.values())
    assert kinds.total() >= 10
    assert kinds[NodeKind.RESOLUTION]
    assert kinds[NodeKind.ESCALATION]


@every_flow
def test_a_step_is_short_and_says_the_rest_in_its_help(flow: FlowText) -> None:
    long = [name for name, node in flow.tree.nodes.items() if len(node.text) > 160]
    mute = [
        name
        for name, node in flow.tree.nodes.items()
        if node.kind is NodeKind.ESCALATION and "Hand over" not in f"{node.text} {node.help}"
    ]
    assert (long, mute) == ([], [])


@every_flow
def test_it_is_found_by_what_callers_say(flow: FlowText) -> None:
    assert 6 <= len(flow.keywords) <= 15
    assert len({keyword.casefold() for keyword in flow.keywords}) == len(flow.keywords)
    assert flow.description


@every_flow
def test_it_can_be_exported_and_imported_again(flow: FlowText) -> None:
    assert parse(render(flow)) == flow
