import bz2
import gzip
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowpilot.imports.reading.errors import BadRowError, LogFileError
from flowpilot.imports.reading.foreign import no_export
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.opening import open_log
from flowpilot.imports.reading.unpacking import members_of

TEXT = b"a,b\n1,2\n3,4\n"
ROWS = [(2, ["1", "2"]), (3, ["3", "4"])]


def read(path: Path, **options: Any) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    with open_log(path, Layout(**options)) as reader:
        rows = list(reader.rows())
        return reader.header, rows, reader.digest


def write(folder: Path, data: bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def zipped(folder: Path, **members: bytes) -> Path:
    path = folder / "log.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_plain_file_gives_its_rows_with_their_lines(tmp_path: Path) -> None:
    assert read(write(tmp_path, TEXT)) == (["a", "b"], ROWS, hashlib.sha256(TEXT).hexdigest())


def test_gzip_gives_the_same_rows_and_digest(tmp_path: Path) -> None:
    assert read(write(tmp_path, gzip.compress(TEXT), "log.csv.gz")) == read(write(tmp_path, TEXT))


def test_a_zip_with_one_member_gives_the_same_rows_and_digest(tmp_path: Path) -> None:
    assert read(zipped(tmp_path, log=TEXT)) == read(write(tmp_path, TEXT))


def test_a_zip_with_two_members_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match=r"log\.zip holds 2 files"):
        read(zipped(tmp_path, one=TEXT, two=TEXT))


def test_what_the_packers_system_adds_does_not_count(tmp_path: Path) -> None:
    added = {
        "__MACOSX/._log.csv": b"x",
        "__MACOSX/june/._log.csv": b"x",
        "june/.DS_Store": b"x",
        "._log.csv": b"x",
    }
    assert read(zipped(tmp_path, **{"june/log.csv": TEXT}, **added)) == read(write(tmp_path, TEXT))
    with pytest.raises(LogFileError, match=r"log\.zip holds 0 files"):
        read(zipped(tmp_path, **added))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_what_is_packed_twice_is_not_read_as_text(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    for once in (gzip.compress(TEXT), bz2.compress(TEXT), zipped(tmp_path, log=TEXT).read_bytes()):
        for twice in (write(tmp_path, pack(once), "log.csv.gz"), zipped(tmp_path, log=once)):
            with pytest.raises(LogFileError, match=rf"^{twice.name} is packed twice: unpack it once"):
                read(twice)


def test_a_zip_of_thousands_of_files_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    many = zipped(tmp_path, **{f"{n:060}": b"" for n in range(6_000)})
    assert many.stat().st_size < 2**21
    with pytest.raises(LogFileError, match="holds thousands of files"), many.open("rb") as file:
        no_export(file, "log.zip")
    with pytest.raises(LogFileError, match="holds thousands of files"):
        read(many)


def test_only_a_zip_is_looked_at_as_one(tmp_path: Path) -> None:
    tail = zipped(tmp_path, **{f"{n:060}": b"" for n in range(6_000)}).read_bytes()
    with write(tmp_path, TEXT + tail).open("rb") as file:
        assert members_of(file) == []
        assert file.tell() == 0


def test_a_zip_with_no_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match=r"log\.zip holds 0 files"):
        read(zipped(tmp_path))


def test_a_row_with_too_few_fields_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match=r"^Line 3: expected 2 fields as in the header, found 1\."):
        read(write(tmp_path, b"a,b\n1,2\n3\n5,6\n"))


def test_a_row_with_too_many_fields_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match=r"^Line 2: expected 2 fields as in the header, found 3\."):
        read(write(tmp_path, b"a,b\n1,2,3\n"))


def test_a_row_that_spans_lines_is_known_by_its_first(tmp_path: Path) -> None:
    rows = read(write(tmp_path, b'a,b\n1,"two\nlines"\n3,4\n'))[1]
    assert rows == [(2, ["1", "two\nlines"]), (4, ["3", "4"])]


def test_an_open_quote_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match=r"^Line 3: not readable as CSV"):
        read(write(tmp_path, b'a,b\n1,2\n3,"4\n'))


def test_blank_lines_are_skipped(tmp_path: Path) -> None:
    assert read(write(tmp_path, b"a,b\n\n1,2\n\n"))[1] == [(3, ["1", "2"])]


def test_another_delimiter_and_encoding_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "ä;b\n1;ß\n".encode("latin-1"))
    assert read(path, delimiter=";", encoding="latin-1")[:2] == (["ä", "b"], [(2, ["1", "ß"])])


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    assert read(write(tmp_path, b"\xef\xbb\xbf" + TEXT))[:2] == (["a", "b"], ROWS)


def test_bytes_that_are_not_text_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match="is not utf-8 text"):
        read(write(tmp_path, b"a,b\n1,2\n3,\xff\n"), encoding="utf-8")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match=r"log\.csv is empty"):
        read(write(tmp_path, b""))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match=r"missing\.csv cannot be read: No such file"):
        read(tmp_path / "missing.csv")


def test_a_gzip_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match=r"log\.csv\.gz is damaged"):
        read(write(tmp_path, gzip.compress(TEXT)[:-6], "log.csv.gz"))


def test_a_zip_that_was_cut_off_cannot_be_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path, log=TEXT)
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(LogFileError, match=r"log\.zip cannot be unpacked"):
        read(path)


@pytest.mark.parametrize("packed", [False, True])
def test_bytes_read_grows_from_row_to_row_up_to_the_size(tmp_path: Path, packed: bool) -> None:
    noise = (hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(20_000))
    data = b"a,b\n" + b"".join(b"%s,1\n" % text for text in noise)
    path = write(tmp_path, gzip.compress(data) if packed else data)
    with open_log(path) as reader:
        places = [reader.bytes_read for _ in reader.rows()]
        assert places == sorted(places)
        assert len(set(places)) > 3
        assert (reader.bytes_read, reader.size) == (len(data), len(data))
