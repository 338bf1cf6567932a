"""A file is what its content is, whatever its name says."""

import io

import pytest

from flowpilot.attachments.kinds import AttachmentRefusedError, judge, safe_name
from tests.attachments.files import archive, picture

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)


@pytest.mark.parametrize(
    ("content", "sent", "kept"),
    [
        (picture(), "error.png", "error.png"),
        (picture("JPEG"), "error.png", "error.jpg"),
        (b"GIF89a", "C:\\Users\\ana\\error.gif", "error.gif"),
        (b"%PDF-1.7", "../../manual.pdf", "manual.pdf"),
        (b"line\r\n", "system.LOG", "system.LOG"),
        ("grüße".encode("cp1252"), "note", "note.txt"),
        ("text".encode("utf-16"), "key.reg", "key.reg"),
        (b"<script>alert(1)</script>", "setup.hta", "setup.hta.txt"),
        (b"<svg onload='alert(1)'/>", "logo.svg", "logo.svg.txt"),
        (b"<html>", "page.html", "page.html.txt"),
        (archive("a.exe"), "tools.jar", "tools.jar.zip"),
        (archive("[Content_Types].xml", "word/document.xml"), "steps.docx", "steps.docx"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "steps.docm", "steps.docm.xlsx"),
        (OLE, "mail.msg", "mail.msg"),
        (OLE, "setup.msi", "setup.msi.msg"),
        (b"ElfFile\x00", "System.evtx", "System.evtx"),
        (b"text", "gpj\u202e.exe", "gpj.exe.txt"),
        (b"text", "a\x00b\n.txt", "ab.txt"),
        (b"text", "", "file.txt"),
        (b"text", f"{'a' * 300}.txt", f"{'a' * 119}….txt"),
        (b"text", f"{'a' * 120}.txt", f"{'a' * 120}.txt"),
    ],
)
def test_a_name_ends_as_what_the_file_is(content: bytes, sent: str, kept: str) -> None:
    assert safe_name(sent, judge(io.BytesIO(content))) == kept


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00\x03", b"\x7fELF\x02", b"a" * 5_000 + b"\x00", b"\x00\x01\x02"],
    ids=["a program", "another", "NUL after a long text", "noise"],
)
def test_what_is_not_on_the_list_is_refused_with_the_list(content: bytes) -> None:
    with pytest.raises(AttachmentRefusedError, match=r"cannot be attached\. What can: pictures"):
        judge(io.BytesIO(content))


def test_a_damaged_archive_is_refused() -> None:
    with pytest.raises(AttachmentRefusedError, match="archive is damaged"):
        judge(io.BytesIO(b"PK\x03\x04" + bytes(50)))
