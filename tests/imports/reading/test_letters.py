"""In which letters a file is read that is no Unicode, or not all of it."""

# ruff: noqa: RUF001 - Letters of other languages are meant.

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
    assert read(tmp_path, data)[0] == ["Müller", "Ã¼ber", "Jörg", "Groß"]
    many = (HEADER + "1;äöü\n" * 20_000).encode("cp1252")
    assert read(tmp_path, many) == (["äöü"] * 20_000, None)


def test_what_is_not_certain_is_said_before_and_after_the_import(world: World, tmp_path: Path) -> None:
    file = write_log(tmp_path / "log.csv", [row("1", 0, "08:00", "Müller"), row("2", 0, "08:00", "Jörg")])
    file.write_bytes(file.read_bytes().replace("ö".encode(), b"\xf6"))
    said = preview_log(world.url, world.account_id, file, SMALL, now=NOW).warnings()
    done = world.load(file, SMALL)
    assert done.letters in said
    assert "in line 3 it is not" in str(done.letters)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1250", "Łukasz Żak"),
        ("cp1250", "Jiří Dvořák;Nefunguje tiskárna, počítač"),
        ("cp1250", "Kovács Ágnes;Szőke Győző"),
        ("cp1251", "Иван Петров;Не работает принтер"),
        ("cp1253", "Γιώργος;Δεν λειτουργεί ο εκτυπωτής"),
        ("cp1254", "Ayşe Yılmaz;Yazıcı çalışmıyor"),
        ("cp1255", "משה כהן;המדפסת לא עובדת"),
        ("cp1256", "محمد;الطابعة لا تعمل"),
        ("cp1257", "Jānis Bērziņš;Nestrādā printeris"),
        ("cp850", "Müller;Drucker für Büro"),
        ("shift_jis", "山田太郎;プリンターが動かない"),
        ("gb18030", "王伟;打印机不工作"),
        ("big5", "陳大文;印表機無法使用"),
        ("euc_kr", "김철수;프린터가 작동하지 않음"),
    ],
)
def test_letters_of_other_countries_are_guessed_and_said(tmp_path: Path, encoding: str, words: str) -> None:
    for rows in (10, 20_000):
        cells = words.split(";") * rows
        names, doubt = read(tmp_path, (HEADER + "".join(f"1;{cell}\n" for cell in cells)).encode(encoding))
        assert names == cells
        assert "were read as" in str(doubt)


@pytest.mark.parametrize(
    "words",
    [
        "Müller",
        "Jürgen Groß;Drucker geht nicht für Büro;MÜLLER GROSSE",
        "François;L’imprimante à l’École d’Été côté cœur;naïve",
        "José Muñoz;¿No funciona la contraseña?;Peña",
        "João;não há ligação;as impressões;NÃO HÁ LIGAÇÃO",
        "Niccolò;perché è così",
        "Søren Ægir;Åsa Malmö",
        "Þórður Ægisson",
        "It’s “broken” – again;cost £5, 3 m², 20 °C, ½ day, 100 €",
        "Müller;François;Søren;José Muñoz;Zoë",
    ],
)
def test_western_letters_are_read_as_they_are_without_a_word(tmp_path: Path, words: str) -> None:
    for before in (0, 20_000):
        cells = ["Ann"] * before + words.split(";")
        data = (HEADER + "".join(f"1;{cell}\n" for cell in cells)).encode("cp1252")
        assert read(tmp_path, data) == (cells, None)
