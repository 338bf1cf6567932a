"""Links in the documentation lead somewhere, and the commands it shows exist."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from flowpilot.cli import all_commands

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")])

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


def test_relative_links_resolve() -> None:
    broken = {str(path.relative_to(ROOT)): links for path in DOCUMENTS if (links := _broken(path))}
    assert not broken, f"These link to what is not there: {broken}"


def _broken(path: Path) -> list[str]:
    broken = []
    for match in LINK.finditer(FENCE.sub("", path.read_text("utf-8"))):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            broken.append(link)
    return broken


def _shown(path: Path) -> Iterator[Found]:
    """The commands of a page, and whether each is complete: in a block it is there to be run."""
    text = path.read_text("utf-8")
    for block in FENCE.findall(text):
        for match in COMMAND.finditer(block.replace("\\\n", " ")):
            yield match["rest"], True
    for span in SPAN.findall(FENCE.sub("", text)):
        yield span.removeprefix("flowpilot "), False


@cache
def _commands() -> Any:
    """All commands, which take long to gather."""
    return all_commands()


def _problems(words: list[str], complete: bool) -> Iterator[str]:
    command: Any = _commands()
    while (commands := getattr(command, "commands", None)) and words and not words[0].startswith("-"):
        name = words[0] if words[0] in commands else getattr(command, "default", None)
        if name is None:
            yield f"there is no command {words[0]}"
            return
        command = commands[name]
        words = words[words[0] == name :]
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


def test_commands_exist() -> None:
    problems = [
        f"{path.relative_to(ROOT)}: flowpilot {rest.strip()}: {problem}"
        for path in DOCUMENTS
        for rest, complete in _shown(path)
        for problem in _problems(shlex.split(rest), complete)
    ]
    assert not problems, f"These pages show what the command line does not know: {problems}"


def test_a_wrong_command_is_noticed() -> None:
    assert list(_problems(["db", "downgrade"], complete=False)) == ["there is no command downgrade"]
    assert list(_problems(["report", "dashboard", "--year"], complete=False)) == ["there is no option --year"]
    assert list(_problems(["report", "dashboard"], complete=True)) == ["['account'] must be given"]
    assert list(_problems(["report", "dashboard", "--account", "$ACCOUNT"], complete=True)) == []
