"""What is no export is said by what it is; whatever could be a table is read as one."""

import io
import zipfile
from pathlib import Path

import pytest

from flowpilot.imports.reading.errors import LogFileError
from flowpilot.imports.reading.foreign import no_export
from flowpilot.imports.reading.opening import open_log
from tests.imports.test_vendors import SAMPLES

LETTER = "Dear all,\n\nplease find the report attached.\n\nRegards\nBob\n"


def _zip(*members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        (_zip("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (_zip("[Content_Types].xml", "ppt/presentation.xml"), "a presentation"),
        (b"{\\rtf1\\ansi Dear all}", "a text document"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (LETTER.encode(), "a text"),
        (LETTER.encode("utf-16"), "a text"),
    ],
)
def test_what_is_no_export_is_said(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "a file"
    path.write_bytes(content)
    with pytest.raises(LogFileError, match=f"^a file is {what}, which has no rows"), open_log(path):
        pass


@pytest.mark.parametrize(
    "content",
    [
        "Number~Opened\n1~2026-06-01\n2~2026-06-02\n",
        "Number\n1\n2\n3\n4\n".replace("\n", ",x\n"),
        "Tickets of June\n\nMade by Ada\n\nNumber,Opened\n1,2026-06-01\n",
        "a,b\n1,2\n1,2,3\n1\n1,2\n",
        '{"a": 1}\n{"a": 2}\n{"a": 3}\n',
    ],
)
def test_what_may_be_a_table_is_one(content: str) -> None:
    assert no_export(io.BytesIO(content.encode()), "log") is None


@pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda sample: sample.name)
def test_exports_are_exports(sample: Path) -> None:
    with sample.open("rb") as file:
        assert no_export(file, sample.name) is None
        assert file.tell() == 0
