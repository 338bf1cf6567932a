"""Links in the documentation lead somewhere, and the commands it shows exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowpilot.cli import all_commands

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")])
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`(flowpilot [^`]+)`")
# A command is at the start of a line, in $(…), or behind a pipe, a variable, `=` or a path.
COMMAND = re.compile(r"(?:^|[|(=]|\$|[A-Z_]+=\S+ )\s*(?:[\w./]*/)?flowpilot (?P<rest>[^|)>&;#\n]+)", re.MULTILINE)

Found = tuple[str, bool]


def _slug(heading: str) -> str:
    """The anchor that a heading gets."""
    text = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def _anchors(path: Path) -> set[str]:
    prose = FENCE.sub("", path.read_text("utf-8"))
    return {_slug(heading) for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_relative_links_resolve(path: Path) -> None:
    broken = []
    for match in LINK.finditer(FENCE.sub("", path.read_text("utf-8"))):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken, f"{path.relative_to(ROOT)} links to what is not there: {broken}"


def _shown(path: Path) -> Iterator[Found]:
    """The commands of a page, and whether each is complete: in a block it is there to be run."""
    text = path.read_text("utf-8")
    for block in FENCE.findall(text):
        for match in COMMAND.finditer(block.replace("\\\n", " ")):
            yield match["rest"], True
    for span in SPAN.findall(FENCE.sub("", text)):
        yield span.removeprefix("flowpilot "), False


def _problems(words: list[str], complete: bool) -> Iterator[str]:
    command: Any = all_commands()
    while (commands := getattr(command, "commands", None)) and words and not words[0].startswith("-"):
        if words[0] not in commands:
            yield f"there is no command {words[0]}"
            return
        command = commands[words.pop(0)]
    options = {name: parameter for parameter in command.params for name in parameter.opts if name.startswith("-")}
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    given, values = set(), iter(words)
    for word in values:
        if not word.startswith("-"):
            given.add(arguments.pop(0).name if arguments else word)
        elif word not in options and word != "--help":
            yield f"there is no option {word}"
        elif word in options:
            given.add(options[word].name)
            if not options[word].is_flag:
                next(values, None)
    if complete and "--help" not in words and "[OPTIONS]" not in words:
        missing = {parameter.name for parameter in command.params if parameter.required} - given
        if missing:
            yield f"{sorted(missing)} must be given"


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_commands_exist(path: Path) -> None:
    problems = [
        f"flowpilot {rest.strip()}: {problem}"
        for rest, complete in _shown(path)
        for problem in _problems(shlex.split(rest), complete)
    ]
    assert not problems, f"{path.relative_to(ROOT)} shows what the command line does not know: {problems}"


def test_a_wrong_command_is_noticed() -> None:
    assert list(_problems(["db", "downgrade"], complete=False)) == ["there is no command downgrade"]
    assert list(_problems(["report", "dashboard", "--year"], complete=False)) == ["there is no option --year"]
    assert list(_problems(["report", "dashboard"], complete=True)) == ["['account'] must be given"]
    assert list(_problems(["report", "dashboard", "--account", "$ACCOUNT"], complete=True)) == []
