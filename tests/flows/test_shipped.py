"""The shipped flows are complete and usable."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.subflows.names import innermost_first, led_into
from flowpilot.flows.text import FlowText, parse, render
from flowpilot.flows.tree import NodeKind, Tree

FLOWS = shipped_flows()
CATEGORIES = {
    "Email", "Identity", "Network", "Remote Access", "Printing", "Hardware",
    "Microsoft 365", "Business Applications", "Security", "Backup", "Telephony",
}  # fmt: skip

# PowerShell's cmdlets, and programs that are followed by a switch, an address or a path.
COMMAND = re.compile(
    r"(?<![\w`-])(?:(?:Add|Clear|Close|Connect|Disable|Enable|Get|New|Release|Remove|Resolve|Restart|Resume|Revoke|"
    r"Search|Set|Start|Stop|Suspend|Test|Unlock|Update)-[A-Z]\w+|(?:attrib|certutil|chkdsk|cmdkey|dcdiag|dir|DISM|"
    r"dsregcmd|gpresult|gpupdate|icacls|ipconfig|klist|manage-bde|net|netsh|nltest|nslookup|ping|pnputil|powercfg|"
    r"quser|repadmin|sc\.exe|sfc|slmgr|sqlcmd|tracert|vssadmin|w32tm|wusa)(?= [-\w/\\]*[-/\\]))"
)
IN_CODE = re.compile(r"```\n.*?\n```|`[^`\n]+`", re.DOTALL)

# What stands for a customer's own, such as USERNAME, DC01 or user@example.com, and words that are to be typed so.
STAND_IN = re.compile(
    r"(?<![\w-])(?:[A-Z][A-Z0-9-]+(?![\w-])|[\w.@-]*example\.\w+|(?:192\.0\.2|198\.51\.100)\.\d+)"
)
# fmt: off
TYPED_SO = {
    "SELECT", "FROM", "WHERE", "AND", "DBCC", "SQLPERF", "LOGSPACE", "CHECKDB", "RESTORE", "DATABASE", "DISK",
    "FILELISTONLY", "MOVE", "TO", "WITH", "STATS", "HKLM", "HKCU", "SOFTWARE", "AU", "USERPROFILE", "APPDATA",
    "DC", "WINDOWS", "BT", "PRINTERS", "OSPP", "VBS", "AAD", "NT", "AUTHORITY", "DISM", "DNS", "MX", "TXT", "IPP",
    "IKEEXT", "VPN", "VM", "CPU", "GB", "MB", "OK",
    "www.example.com",  # It is there for everybody to ask for.
}
# fmt: on

# Words of a name that say nothing about the problem.
FILLERS = {
    "a",
    "an",
    "and",
    "at",
    "does",
    "fails",
    "in",
    "is",
    "it",
    "no",
    "not",
    "of",
    "on",
    "or",
    "the",
    "to",
    "work",
    "works",
}


def every_flow(rule: Callable[[FlowText], None]) -> Callable[[], None]:
    """The rule as one test of the whole library, which says each flow that breaks it."""

    def test() -> None:
        broken = {}
        for name, flow in FLOWS.items():
            try:
                rule(flow)
            except AssertionError as error:
                broken[name] = str(error)
        assert broken == {}

    test.__name__ = rule.__name__
    return test


def test_the_library_covers_what_was_promised() -> None:
    assert list(FLOWS) == [
        "account-lockout", "backup-failure", "bitlocker-recovery", "browser", "business-application",
        "calendar", "certificate", "conditional-access", "disk-full", "dns", "file-permissions",
        "firewall-rule", "leaver", "licence", "lost-device", "mac", "mail-not-delivered", "mobile-mail",
        "monitor-and-dock", "new-pc", "new-starter", "onedrive-sync", "outlook-password-prompts",
        "password-and-mfa", "pdf", "phishing-report", "phone-calls", "printer", "ransomware", "remote-desktop",
        "restore-test", "scanner", "server-not-reachable", "shared-mailbox", "site-no-internet", "slow-pc",
        "teams-audio", "vpn", "wifi", "windows-update",
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
    long += [item.text for node in flow.tree.nodes.values() for item in node.items if len(item.text) > 160]
    assert (long, mute) == ([], [])


@every_flow
def test_what_a_checklist_requires_can_be_escalated_when_it_cannot_be_done(flow: FlowText) -> None:
    nodes = flow.tree.nodes
    stuck = [
        name
        for name, node in nodes.items()
        if any(item.required for item in node.items)
        and NodeKind.ESCALATION not in {nodes[choice.next].kind for choice in node.offered}
    ]
    assert stuck == []


@every_flow
def test_it_is_found_by_what_callers_say(flow: FlowText) -> None:
    assert 6 <= len(flow.keywords) <= 15
    assert len({keyword.casefold() for keyword in flow.keywords}) == len(flow.keywords)
    assert flow.description


@every_flow
def test_every_path_reaches_an_end(flow: FlowText) -> None:
    ends = {flow.tree.nodes[path[-1]].kind for path in _paths(flow.tree)}
    assert ends == {NodeKind.RESOLUTION, NodeKind.ESCALATION}


@every_flow
def test_a_procedure_has_a_checklist_that_holds_up_its_end(flow: FlowText) -> None:
    required = any(item.required for node in flow.tree.nodes.values() for item in node.items)
    assert flow.type == "troubleshooting" or required


@every_flow
def test_no_end_calls_a_case_solved_that_another_flow_goes_on_with(flow: FlowText) -> None:
    ends = (item for item in flow.tree.nodes.items() if item[1].kind is NodeKind.RESOLUTION)
    sent_on = [name for name, node in ends if "go on with" in node.text.lower()]
    assert sent_on == []


@every_flow
def test_commands_are_in_code_blocks(flow: FlowText) -> None:
    bare = [
        (name, found[0])
        for name, node in flow.tree.nodes.items()
        for text in node.texts
        for found in COMMAND.finditer(IN_CODE.sub("", text))
    ]
    open_blocks = [
        name for name, node in flow.tree.nodes.items() if any(text.count("```") % 2 for text in node.texts)
    ]
    assert (bare, open_blocks) == ([], [])


@every_flow
def test_a_command_asks_for_what_is_the_customers_own(flow: FlowText) -> None:
    found = {
        (name, word)
        for name, node in flow.tree.nodes.items()
        for text in node.texts
        for code in IN_CODE.findall(text)
        for word in STAND_IN.findall(code)
        if word not in TYPED_SO
    }
    assert found == set()


@every_flow
def test_three_keywords_say_more_than_its_name(flow: FlowText) -> None:
    said = [keyword for keyword in flow.keywords if not _words(keyword) <= _words(flow.name)]
    assert len(said) >= 3


def test_sub_flows_lead_into_flows_of_the_library_and_in_no_circle() -> None:
    flows = {flow.name: set(led_into(flow.tree).values()) for flow in shipped_flows().values()}
    assert {into for leads in flows.values() for into in leads} <= flows.keys()
    ordered = [flow.name for flow in innermost_first(shipped_flows().values())]
    for name, leads in flows.items():
        assert all(ordered.index(into) < ordered.index(name) for into in leads)


def test_no_flow_has_all_words_of_another_in_its_name() -> None:
    names = {slug: _words(flow.name) for slug, flow in FLOWS.items()}
    assert all(names.values())
    same = [(one, other) for one in names for other in names if one != other and names[one] <= names[other]]
    assert same == []


@every_flow
def test_it_can_be_exported_and_imported_again(flow: FlowText) -> None:
    assert parse(render(flow)) == flow


def _paths(tree: Tree) -> Iterator[list[str]]:
    """A path to an end along every choice: each is taken once, from the first path that comes by."""
    taken: set[tuple[str, str]] = set()
    pending = [[tree.root]]
    while pending:
        path = pending.pop()
        onward = [choice.next for choice in tree.nodes[path[-1]].offered]
        assert len(set(path)) == len(path)
        if not onward:
            yield path
        fresh = [name for name in onward if (path[-1], name) not in taken]
        taken.update((path[-1], name) for name in fresh)
        pending += [[*path, name] for name in fresh]


def _words(text: str) -> set[str]:
    """The words that say something about the problem."""
    return set(re.findall(r"[a-z0-9]+", text.lower())) - FILLERS
