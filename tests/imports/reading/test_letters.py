"""In which letters a file is read that is no Unicode, or not all of it."""

from pathlib import Path

import pytest

from flowpilot.imports.preview import preview_log
from flowpilot.imports.reading.opening import open_log
from tests.imports.helpers import NOW, SMALL, World, row, write_log

HEADER = "id;who\n"


def read(folder: Path, data: bytes) -> tuple[list[str], str | None]:
    path = folder / "log.csv"
    path.write_bytes(data)
    with open_log(path) as reader:
        return [fields[1] for _, fields in reader.rows()], reader.doubt


@pytest.mark.parametrize(("last", "name"), [("Jos\xe9".encode("cp1252"), "José"), ("José".encode()[:-1], "JosÃ")])
@pytest.mark.parametrize("rows", [1, 6_000])
def test_one_broken_letter_does_not_make_the_others_gibberish(
    tmp_path: Path, rows: int, last: bytes, name: str
) -> None:
    data = (HEADER + "1;Müller\n" * rows + "2;").encode() + last
    names, doubt = read(tmp_path, data)
    assert names == ["Müller"] * rows + [name]
    assert doubt is not None
    assert f"in line {rows + 2:,} it is not" in doubt


def test_broken_letters_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    line = "1;Müller\n".encode()
    data = b"\xef\xbb\xbf" + HEADER.encode() + line * 20_000 + b"2;Jos\xe9\n" + line * 20_000 + b"2;Andr\xe9\n"
    names, doubt = read(tmp_path, data)
    assert (names[20_000], names[-1]) == ("José", "André")
    assert "in 2 places, the first in line 20,002 it is not" in str(doubt)


def test_a_file_of_no_unicode_is_none_because_of_two_letters_that_look_like_it(tmp_path: Path) -> None:
    data = (HEADER + "1;Müller\n2;Ã¼ber\n3;Jörg\n4;Groß\n").encode("cp1252")
    assert read(tmp_path, data) == (["Müller", "Ã¼ber", "Jörg", "Groß"], None)


def test_what_is_not_certain_is_said_before_and_after_the_import(world: World, tmp_path: Path) -> None:
    file = write_log(tmp_path / "log.csv", [row("1", 0, "08:00", "Müller"), row("2", 0, "08:00", "Jörg")])
    file.write_bytes(file.read_bytes().replace("ö".encode(), b"\xf6"))
    said = preview_log(world.url, world.account_id, file, SMALL, now=NOW).warnings()
    done = world.load(file, SMALL)
    assert done.letters in said
    assert "in line 3 it is not" in str(done.letters)
