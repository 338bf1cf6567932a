"""Equal numbers of two systems do not become one ticket without a word, and those of one do not become two."""

import tomllib
from datetime import UTC
from pathlib import Path
from typing import Any, Literal

import pytest

from flowpilot.cli.importing.answers import EqualNumbers, answered
from flowpilot.cli.importing.words import preview_in_words
from flowpilot.imports.case.equal import EqualNumbersError
from flowpilot.imports.choosing.bases import DraftRequest, begin
from flowpilot.imports.choosing.choices import Choices, choose, finished
from flowpilot.imports.guess.suggest import read_sample, suggest_mapping
from flowpilot.imports.guess.systems import Earlier, system_name, system_of
from flowpilot.imports.mapping.loading import answering, draft_of, mapping_of
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from tests.imports.helpers import NOW, World
from tests.imports.known.test_said import HEADER, TICKETS, written
from tests.imports.test_vendors import SAMPLES

NORTH, SOUTH = (answering(TICKETS, "ask", system) for system in ("north", "south"))
LOG = mapping_of(
    {
        "name": "log",
        "times": {"format": "iso", "zone": "UTC"},
        "case": {"id": "case"},
        "row": {"at": "at", "by": "who"},
        "session": {
            "created_at": {"row": "first"},
            "resolved_at": {"row": "last"},
            "status": [{"status": "resolved", "column": "what", "values": ["closed"]}, {"status": "open"}],
        },
    }
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Exports of two systems with the same numbers."""
    printers = HEADER + "1,2026-05-04 08:00,,Printer\n2,2026-05-04 09:00,2026-05-04 10:00,Scanner\n"
    networks = (
        HEADER + "1,2026-04-01 08:00,,VPN\n2,2026-04-02 08:00,2026-04-02 09:00,Wlan\n3,2026-04-03 08:00,,DNS\n"
    )
    return written(tmp_path / "printers.csv", printers), written(tmp_path / "networks.csv", networks)


def question(world: World, file: Path, mapping: Mapping) -> tuple[str | None, int]:
    found = preview_log(world.url, world.account_id, file, mapping, now=NOW)
    return found.equal.question, found.equal.n


def titles(world: World) -> list[Any]:
    return [title for (title,) in world.ask("SELECT problem_summary FROM ai_sessions ORDER BY problem_summary")]


@pytest.mark.parametrize(
    ("first", "second"), [(TICKETS, TICKETS), (NORTH, TICKETS), (TICKETS, SOUTH), (NORTH, NORTH)]
)
@pytest.mark.one_server
def test_what_looks_like_other_tickets_is_not_merged(
    world: World, files: tuple[Path, Path], first: Mapping, second: Mapping
) -> None:
    printers, networks = files
    world.load(printers, first)
    assert question(world, networks, second) == ("other", 2)
    with pytest.raises(
        EqualNumbersError, match=r"2 tickets have the number of one .* 1 is “Printer”, opened"
    ) as error:
        world.load(networks, second)
    assert error.value.extra == {"question": "other", "n": 2, "examples": ["1", "2"]}
    assert titles(world) == ["Printer", "Scanner"]


@pytest.mark.parametrize("first", [TICKETS, NORTH])
@pytest.mark.one_server
def test_who_names_another_system_has_both_and_each_export_finds_its_own(
    world: World, files: tuple[Path, Path], first: Mapping
) -> None:
    printers, networks = files
    world.load(printers, first)
    other = answering(SOUTH, "other")
    assert question(world, networks, other) == (None, 0)
    assert world.load(networks, other).sessions == 3
    assert titles(world) == ["DNS", "Printer", "Scanner", "VPN", "Wlan"]
    for file, mapping in ((printers, first), (networks, SOUTH)):
        file.write_text(file.read_text().replace("Printer", "Printer 2").replace("VPN", "VPN 2"))
        done = world.load(file, mapping)
        assert (done.sessions, done.changes.updated, done.cases_already_here) == (0, 1, 0)
    assert titles(world) == ["DNS", "Printer 2", "Scanner", "VPN 2", "Wlan"]


@pytest.mark.one_server
def test_who_says_that_they_are_the_same_has_them_updated(world: World, files: tuple[Path, Path]) -> None:
    printers, networks = files
    world.load(printers, TICKETS)
    done = world.load(networks, answering(TICKETS, "same"))
    assert (done.sessions, done.changes.updated) == (1, 2)
    assert titles(world) == ["DNS", "VPN", "Wlan"]
    assert world.load(networks, TICKETS).already_imported_at == NOW


@pytest.mark.one_server
def test_an_edited_title_or_a_corrected_zone_is_no_doubt(world: World, files: tuple[Path, Path]) -> None:
    printers, _ = files
    world.load(printers, TICKETS)
    zone = mapping_of({**TICKETS.model_dump(), "times": {"format": "iso", "zone": "Europe/Vienna"}})
    assert question(world, printers, zone) == (None, 0)
    printers.write_text(printers.read_text().replace("Scanner", "Scanner is slow"))
    assert question(world, printers, TICKETS) == (None, 0)
    assert world.load(printers, SOUTH).changes.updated == 1


def test_tickets_that_are_here_are_not_brought_as_those_of_another_system(
    world: World, files: tuple[Path, Path]
) -> None:
    printers, _ = files
    world.load(printers, NORTH)
    printers.write_text(printers.read_text() + "3,2026-05-05 08:00,,Fax\n")
    assert question(world, printers, SOUTH) == ("same", 2)
    with pytest.raises(EqualNumbersError, match="of one that came from north, such as 1"):
        world.load(printers, SOUTH)
    assert world.load(printers, NORTH).sessions == 1
    printers.write_text(printers.read_text() + "4,2026-05-05 08:00,,Fax 2\n")
    assert world.load(printers, answering(SOUTH, "other")).sessions == 4


@pytest.mark.one_server
def test_tickets_of_another_systems_name_are_the_same_if_a_person_says_so(
    world: World, files: tuple[Path, Path]
) -> None:
    """And only those that look like it."""
    printers, _ = files
    world.load(printers, NORTH)
    ended = "1,2026-05-04 08:00,2026-05-04 12:00,Printer\n"
    printers.write_text(HEADER + ended + "2,2026-03-01 09:00,,DNS\n3,2026-05-05 08:00,,Fax\n")
    same = answering(SOUTH, "same")
    assert question(world, printers, SOUTH) == ("same", 1)
    assert question(world, printers, same) == (None, 0)
    done = world.load(printers, same)
    assert (done.sessions, done.changes.updated) == (2, 1)
    assert titles(world) == ["DNS", "Fax", "Printer", "Scanner"]
    # From now on, each export finds it without a word.
    for mapping, title in ((SOUTH, "Printer burnt"), (NORTH, "Printer gone")):
        printers.write_text(HEADER + f"1,2026-05-04 08:00,,{title}\n")
        assert world.load(printers, mapping).changes.updated == 1


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        # Seconds where the other list has minutes.
        ("1,2026-05-04 08:00:23,,Printer\n", ("same", 1)),
        # The hours of another zone, or an edited title.
        ("1,2026-05-04 10:00,,Printer\n2,2026-05-04 09:00,,Scanner is slow\n", ("same", 2)),
        # Titles that neither list has, of open tickets and of one that is resolved here.
        ("1,2026-05-04 08:00,,\n2,2026-05-04 09:00:59,,\n", ("same", 2)),
        ("2,2026-05-04 09:00:30,2026-05-04 10:00:12,\n3,2026-05-07 09:00,,\n", ("same", 1)),
        # One of many may be chance.
        ("1,2026-05-04 08:00,,VPN\n2,2026-04-02 08:00,,Wlan\n", (None, 0)),
        ("1,2026-05-04 08:01,,VPN\n2,2026-05-05 12:00,,Scanner\n", (None, 0)),
    ],
)
def test_one_ticket_in_two_lists_is_asked_about(
    world: World, files: tuple[Path, Path], rows: str, asked: tuple[str | None, int]
) -> None:
    printers, other = files
    world.load(printers, NORTH)
    other.write_text(HEADER + rows)
    assert question(world, other, SOUTH) == asked
    assert question(world, other, answering(SOUTH, "other")) == (None, 0)


@pytest.mark.one_server
def test_seconds_make_no_other_ticket(world: World, files: tuple[Path, Path]) -> None:
    printers, _ = files
    world.load(printers, TICKETS)
    printers.write_text(HEADER + "1,2026-05-04 08:00:23,,Printer on fire\n")
    assert question(world, printers, TICKETS) == (None, 0)
    assert world.load(printers, TICKETS).changes.updated == 1


def test_a_file_that_could_be_of_several_systems_has_to_name_its_own(
    world: World, files: tuple[Path, Path]
) -> None:
    printers, networks = files
    world.load(printers, NORTH)
    world.load(networks, SOUTH)
    for answer in ("ask", "same"):
        assert question(world, networks, answering(TICKETS, answer)) == ("several", 2)
    printers.write_text(printers.read_text() + "5,2026-05-05 08:00,,Fax\n")
    with pytest.raises(EqualNumbersError, match="tickets of several systems here have: 1, 2"):
        world.load(printers, TICKETS)
    assert question(world, printers, NORTH) == (None, 0)


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        ("1,2026-05-04 08:00,Ada,opened\n1,2026-05-04 09:00,Ada,noted\n", None),
        ("1,2026-05-04 10:00,Ada,closed\n", None),
        # The month before, and a note on a ticket that is closed.
        ("1,2026-04-04 08:00,Linus,noted\n", None),
        ("1,2026-05-04 08:30,Linus,noted\n", None),
        ("1,2026-05-04 08:30,Linus,opened\n", "other"),
        ("1,2026-04-04 08:00,Linus,opened\n", "other"),
    ],
)
def test_a_log_without_titles_goes_by_its_times(
    world: World, tmp_path: Path, rows: str, asked: Literal["other"] | None
) -> None:
    header = "case,at,who,what\n"
    first = header + "1,2026-05-04 08:00,Ada,opened\n1,2026-05-04 09:00,Ada,called\n"
    world.load(written(tmp_path / "first.csv", first), LOG)
    assert question(world, written(tmp_path / "second.csv", header + rows), LOG)[0] == asked


def test_the_dry_run_of_the_command_asks_and_its_options_answer(world: World, files: tuple[Path, Path]) -> None:
    printers, networks = files
    world.load(printers, TICKETS)

    def said(equal_numbers: EqualNumbers | None, system: str | None) -> str:
        mapping = answered(TICKETS, equal_numbers, system)
        found = preview_log(world.url, world.account_id, networks, mapping, now=NOW)
        return preview_in_words("networks.csv", found, UTC)

    asked = "It cannot be imported before you have said more:\n  2 tickets have the number of one that"
    assert asked in said(None, None)
    assert "  On the command line: --equal-numbers, and for a file --system NAME." in said(None, "South")
    assert "New cases 3" in said(EqualNumbers.OTHER, "South")
    assert "It would update 2 of 2 cases" in said(EqualNumbers.SAME, None)


def test_other_tickets_need_the_name_of_their_system() -> None:
    with pytest.raises(MappingError, match="name the ticket system that the file is from"):
        answering(TICKETS, "other")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Zendesk EU", "zendesk_eu"),
        (" Büro-Süd ", "buro_sud"),
        ("2nd desk", "system_2nd_desk"),
        ("Система Сервис", "система_сервис"),
        ("Zendesk Київ", "zendesk_київ"),
        ("株式会社ガイド", "株式会社ガイド"),
        ("Søren", "søren"),
        ("हेल्प डेस्क", "हेल्प_डेस्क"),
        ("İstanbul", "istanbul"),
    ],
)
def test_a_system_is_called_as_a_mapping_has_it(said: str, name: str) -> None:
    assert system_name(said) == name
    assert answered(TICKETS, None, said).system == name


@pytest.mark.parametrize("said", ["?", "🔥 -"])
def test_a_name_of_no_letters_is_not_dropped_without_a_word(said: str, tmp_path: Path) -> None:
    assert system_name(said) is None
    with pytest.raises(MappingError, match="Give the ticket system a name of letters or digits"):
        answered(TICKETS, None, said)
    sample = read_sample(written(tmp_path / "log.csv", HEADER + "1,2026-05-04 08:00,,Printer\n"))
    draft = choose(draft_of(TICKETS), sample, Choices("UTC", system=said))
    with pytest.raises(MappingError, match="Give the ticket system a name of letters or digits"):
        finished(draft)


def test_a_file_with_the_columns_of_an_earlier_import_is_of_its_system() -> None:
    earlier = [(frozenset({"a", "z"}), "newest"), (frozenset({"a", "b"}), "newer"), (frozenset({"a"}), "old")]
    assert system_of(["a", "b", "c"], earlier) == "newer"
    assert system_of(["b", "c"], earlier) is None


@pytest.mark.parametrize(
    ("earlier", "connected", "system"),
    [
        ((), None, None),
        ((), "halopsa", "halopsa"),
        ([(frozenset({"Number", "Title"}), "desk")], "halopsa", "desk"),
        ([(frozenset({"Number", "Agent"}), "desk")], None, None),
    ],
)
def test_the_system_of_a_file_is_proposed_if_something_says_it_and_never_made_of_its_name(
    files: tuple[Path, Path], earlier: Earlier, connected: str | None, system: str | None
) -> None:
    asked = DraftRequest("UTC", earlier=earlier, connected=connected)
    assert begin(files[0], asked, {}).draft.get("system") == system
    # A mapping that is recognised knows its own.
    assert begin(SAMPLES / "jira.csv", asked, {}).draft["system"] == "jira"


def test_the_command_that_suggests_a_mapping_makes_up_no_system(files: tuple[Path, Path]) -> None:
    text = suggest_mapping(files[0], "UTC")
    assert "system" not in tomllib.loads(text)
    assert '# Name the ticket system that it is from, as in: system = "zendesk".' in text
