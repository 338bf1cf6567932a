"""An article as a draft flow: its steps in order, parted where it parts. Pure, and nothing is invented."""

from flowpilot.flows.articles.outline import Article, ArticleError, BlockKind
from flowpilot.flows.articles.parts import Fork, Part, Step, parts
from flowpilot.flows.articles.sections import sections, take_handover
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree

MAX_NODES = 300

_MAX_LABEL, _MAX_NAME, _MAX_TEXT, _MAX_HELP, _MAX_DESCRIPTION = 200, 200, 2_000, 5_000, 2_000
_ESCALATE = "Hand over to a senior, with what was tried and what happened."


def draft_flow(article: Article) -> FlowText:
    """The flow that the article describes. Open nodes are still to be worded by a person.

    Raises:
        ArticleError: it has no title, no steps, or more than a flow can hold.
    """
    title = " ".join(article.title.split())
    if not title:
        raise ArticleError("The article has no title. Begin it with a heading, which becomes the flow's name.")
    root = sections(article.blocks)
    first = next(
        (block for block in article.blocks if block.kind is BlockKind.PARAGRAPH and not block.level), None
    )
    about = first if first is not None and not first.is_warning else None
    # Below a heading the paragraph belongs to its section as well.
    root.blocks = [block for block in root.blocks if block is not about]
    handover = take_handover(root) or _ESCALATE
    found = parts(root)
    if not found:
        raise ArticleError(
            "The article has no steps. Write what to do as a numbered or bulleted list, or under “Resolution”."
        )
    writer = _Writer()
    begin = writer.write(found, title, _ESCALATION)
    return FlowText(
        name=_cut(title, _MAX_NAME),
        description=_cut("" if about is None else about.text, _MAX_DESCRIPTION),
        tree=Tree(root=begin, nodes=writer.finished(handover)),
    )


_ESCALATION = "escalate"


class _Writer:
    """Writes nodes under free ids."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.ids: dict[str, int] = {}

    def write(self, path: list[Part], label: str, otherwise: str) -> str:
        """The first node of a path that ends with a resolution, or with `otherwise` where nothing helped."""
        ids = [self._id("step" if isinstance(part, Step) else "question") for part in path]
        for node_id, part, following in zip(ids, path, [*ids[1:], None], strict=True):
            if isinstance(part, Fork):
                self._fork(node_id, part, following or otherwise)
            elif following is not None:
                self._step(node_id, part, (("Done", following), ("Could not do it", otherwise)))
            else:
                solved = self._id("solved")
                self._step(node_id, part, (("Solved it", solved), ("Did not help", otherwise)))
                self._put(solved, Node(kind=NodeKind.RESOLUTION, text=_cut(f"“{label}” solved it.", _MAX_TEXT)))
        return ids[0]

    def finished(self, handover: str) -> dict[str, Node]:
        """All nodes, with the end of every path on which nothing helped."""
        self._put(_ESCALATION, Node(kind=NodeKind.ESCALATION, text=_cut(handover, _MAX_TEXT)))
        return self.nodes

    def _step(self, node_id: str, step: Step, outcomes: tuple[tuple[str, str], ...]) -> None:
        # What does not fit is for a person to shorten, beside the article.
        help_text = step.help if len(step.text) <= _MAX_TEXT else f"{step.text}\n\n{step.help}".strip()
        node = Node(
            kind=NodeKind.INSTRUCTION,
            text=_cut(step.text, _MAX_TEXT),
            help=_cut(help_text, _MAX_HELP),
            outcomes=tuple(Choice(label=label, next=to) for label, to in outcomes),
            open=len(step.text) > _MAX_TEXT or len(help_text) > _MAX_HELP,
        )
        self._put(node_id, node)

    def _fork(self, node_id: str, fork: Fork, otherwise: str) -> None:
        names = ", ".join(f"“{branch.label}”" for branch in fork.branches)
        choices = [
            Choice(
                label=_cut(branch.label, _MAX_LABEL),
                next=self.write(branch.path, branch.label, otherwise) if branch.path else otherwise,
            )
            for branch in fork.branches
        ]
        if len(choices) == 1:
            choices.append(Choice(label="None of these", next=otherwise))
        node = Node(
            kind=NodeKind.QUESTION,
            text=_cut(f"The article parts here: {names}.", _MAX_TEXT),
            help=_cut(fork.help, _MAX_HELP),
            choices=tuple(choices),
            open=True,
        )
        self._put(node_id, node)

    def _id(self, kind: str) -> str:
        self.ids[kind] = self.ids.get(kind, 0) + 1
        # One more is the escalation.
        if sum(self.ids.values()) >= MAX_NODES:
            raise ArticleError(
                f"The article needs more than the {MAX_NODES} nodes that a flow can have. Split it into several."
            )
        return f"{kind}-{self.ids[kind]}"

    def _put(self, node_id: str, node: Node) -> None:
        self.nodes[node_id] = node


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
