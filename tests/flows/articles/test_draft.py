"""What becomes of the parts of an article: steps, branches, help, ends."""

import pytest

from flowpilot.flows.articles.draft import draft_flow
from flowpilot.flows.articles.outline import ArticleError
from flowpilot.flows.articles.reading import ArticleFormat, read_text
from flowpilot.flows.checking.checker import problems
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Node, NodeKind
from tests.flows.articles.samples import HTML, MARKDOWN


def _flow(text: str, kind: ArticleFormat = ArticleFormat.MARKDOWN) -> FlowText:
    return draft_flow(read_text(text, kind))


def _offered(node: Node) -> list[tuple[str, str]]:
    return [(choice.label, choice.next) for choice in node.offered]


def _steps(flow: FlowText) -> list[str]:
    return [node.text for node in flow.tree.nodes.values() if node.kind is NodeKind.INSTRUCTION]


def test_the_title_is_the_name_and_the_first_paragraph_the_description() -> None:
    flow = _flow(MARKDOWN)
    assert flow.name == "Print jobs stay in the queue"
    assert flow.description == "A document is printed, and stays in the queue."


def test_steps_follow_each_other_to_a_resolution() -> None:
    flow = _flow("# Slow\n1. Restart it.\n2. Wait.")
    assert flow.tree.root == "step-1"
    nodes = flow.tree.nodes
    assert {key: node.text for key, node in nodes.items()} == {
        "step-1": "Restart it.",
        "step-2": "Wait.",
        "solved-1": "“Slow” solved it.",
        "escalate": "Hand over to a senior, with what was tried and what happened.",
    }
    assert _offered(nodes["step-1"]) == [("Done", "step-2"), ("Could not do it", "escalate")]
    assert _offered(nodes["step-2"]) == [("Solved it", "solved-1"), ("Did not help", "escalate")]
    assert problems(flow.tree) == []


def test_where_the_article_parts_an_open_question_has_its_sections_as_choices() -> None:
    flow = _flow(MARKDOWN)
    question = flow.tree.nodes["question-1"]
    assert question.open
    assert question.text == "The article parts here: “If only one user is affected”, “Otherwise”."
    assert _offered(question) == [("If only one user is affected", "step-4"), ("Otherwise", "step-6")]
    assert [problem.node for problem in problems(flow.tree)] == ["question-1"]


def test_each_branch_ends_with_its_own_resolution() -> None:
    nodes = _flow(MARKDOWN).tree.nodes
    assert _offered(nodes["step-5"]) == [("Solved it", "solved-1"), ("Did not help", "escalate")]
    assert nodes["solved-1"].text == "“If only one user is affected” solved it."


def test_a_section_after_branches_is_where_they_lead_if_they_did_not_help() -> None:
    nodes = _flow("# A\n## Option 1\n1. X\n## Option 2\n1. Y\n## Then\n1. Z").tree.nodes
    assert [_offered(nodes[key])[1] for key in ("step-2", "step-3")] == [("Did not help", "step-1")] * 2
    assert nodes["step-1"].text == "Z"


def test_a_lone_condition_can_be_passed_by() -> None:
    nodes = _flow("# A\n## If it hums\n1. X\n## Then\n1. Z").tree.nodes
    assert _offered(nodes["question-1"]) == [("If it hums", "step-2"), ("None of these", "step-1")]


def test_one_symptom_with_its_cause_and_resolution_is_one_way() -> None:
    nodes = _flow("# A\n## Symptoms\n- Slow\n## Cause\nHeat.\n## Resolution\nCool it.").tree.nodes
    assert list(nodes) == ["step-1", "solved-1", "escalate"]
    assert (nodes["step-1"].text, nodes["step-1"].help) == ("Cool it.", "Symptoms\n\n- Slow\n\nCause\n\nHeat.")


def test_several_causes_are_branches_with_what_resolves_each() -> None:
    nodes = _flow(
        "# A\n## Cause 1: heat\nH.\n## Resolution\nCool.\n## Cause 2: dust\n## Resolution\nClean."
    ).tree.nodes
    assert _offered(nodes["question-1"]) == [("Cause 1: heat", "step-1"), ("Cause 2: dust", "step-2")]
    assert (nodes["step-1"].text, nodes["step-2"].text) == ("Cool.", "Clean.")


def test_what_is_under_a_step_is_its_help_with_commands_between_fences() -> None:
    assert _flow(MARKDOWN).tree.nodes["step-2"].help == (
        "```\nStop-Service Spooler\n```\n\n- As administrator\n- On the print server"
    )


def test_a_table_under_a_step_is_in_its_help_as_text() -> None:
    steps = [node for node in _flow(HTML, ArticleFormat.HTML).tree.nodes.values() if "Empty" in node.text]
    assert steps[0].help == "Plan | Limit\nE3 | 100 GB"


def test_a_warning_comes_before_its_step() -> None:
    assert _steps(_flow(MARKDOWN))[0] == "Warning: All waiting documents are lost.\nOpen Services."


def test_a_warning_inside_a_step_is_moved_before_it() -> None:
    assert _steps(_flow("# A\n1. Format it.\n\n   Caution: all is lost.")) == ["Caution: all is lost.\nFormat it."]


def test_bullets_are_steps_only_where_nothing_is_numbered() -> None:
    assert _steps(_flow("# A\n## B\n- Fact\n\n1. Do it.\n## C\n- Do that.")) == ["Do it.", "Do that."]


def test_a_heading_that_is_a_step_is_an_instruction_with_its_text_as_help() -> None:
    flow = _flow("# A\n## Step 1: Restart it\nHold the button.\n\n## Step 2: Wait")
    assert _steps(flow) == ["Restart it", "Wait"]
    assert flow.tree.nodes["step-1"].help == "Hold the button."


def test_inner_numbers_are_a_list_in_the_help() -> None:
    assert _flow("# A\n1. X\n   1. Y\n   2. Z").tree.nodes["step-1"].help == "1. Y\n2. Z"


@pytest.mark.parametrize(
    "heading", ["Case sensitivity", "Problem solving", "Options for printing", "Iffy drivers"]
)
def test_words_that_only_begin_like_an_alternative_part_nothing(heading: str) -> None:
    assert list(_flow(f"# A\n## {heading}\n- X").tree.nodes) == ["step-1", "solved-1", "escalate"]


def test_asides_are_left_out() -> None:
    assert _steps(_flow("# A\n1. X\n## See also\n1. Y")) == ["X"]


def test_a_help_that_is_too_long_is_cut_and_marked_for_a_person() -> None:
    node = _flow(f"# A\n1. X\n\n   {'word ' * 1_100}").tree.nodes["step-1"]
    assert (len(node.help), node.help[-1], node.open) == (5_000, "…", True)


def test_three_hundred_nodes_are_a_flow_and_one_more_is_refused() -> None:
    assert len(_flow("# A\n" + "1. X\n" * 298).tree.nodes) == 300
    with pytest.raises(ArticleError, match="needs more than the 300 nodes"):
        _flow("# A\n" + "1. X\n" * 299)


@pytest.mark.parametrize(
    ("text", "what"), [("1. X", "has no title"), ("# A\nJust words.", "has no steps"), ("", "title")]
)
def test_what_makes_no_flow_is_refused(text: str, what: str) -> None:
    with pytest.raises(ArticleError, match=what):
        _flow(text)


@pytest.mark.parametrize("heading", ["When nothing helps", "If the problem persists", "Escalation"])
def test_what_to_do_when_nothing_helps_is_where_every_path_ends(heading: str) -> None:
    flow = _flow(f"# A\n## Check\n1. X\n## {heading}\nHand it to a senior with the error code.")
    assert _steps(flow) == ["X"]
    assert flow.tree.nodes["escalate"].text == "Hand it to a senior with the error code."
    assert problems(flow.tree) == []


@pytest.mark.parametrize(
    "section",
    ["If nothing prints\nCall the provider.", "When nothing helps\nRestart it.", "If it fails\n- Call a senior"],
)
def test_another_way_to_go_on_stays_a_branch(section: str) -> None:
    nodes = _flow(f"# A\n## Check\n1. X\n## {section}").tree.nodes
    assert nodes["question-1"].kind is NodeKind.QUESTION
