"""What a file is, judged by its content. Pure. A name proves nothing, so it decides nothing."""

import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from flowpilot.errors import InvalidError

_HEAD_BYTES = 4_096
_READ_BYTES = 1_000_000
_LONGEST_STEM = 120


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is. A name with none of the `suffixes` gets the first of them, and so opens as what it is."""

    media_type: str
    suffixes: Sequence[str]

    @property
    def is_picture(self) -> bool:
        """Whether it is shown on pages. Everything else is only downloaded."""
        return self in PICTURES


class AttachmentRefusedError(InvalidError):
    """The file cannot be taken. `field` is the one in which it was sent."""

    def __init__(self, detail: str, field: str = "file") -> None:
        super().__init__(detail, errors=[{"field": f"body.{field}", "message": detail}])


PNG = Kind("image/png", (".png",))
JPEG = Kind("image/jpeg", (".jpg", ".jpeg"))
WEBP = Kind("image/webp", (".webp",))
GIF = Kind("image/gif", (".gif",))
PICTURES = (PNG, JPEG, WEBP, GIF)
_OF_TEXTS = ".log .csv .tsv .json .xml .yaml .yml .ini .conf .cfg .toml .md .eml .ics .vcf .sql .diff .reg"
TEXT = Kind("text/plain", (".txt", *_OF_TEXTS.split()))
ZIP = Kind("application/zip", (".zip",))

_OOXML = "application/vnd.openxmlformats-officedocument"
_DOCUMENTS = {
    "word/": Kind(f"{_OOXML}.wordprocessingml.document", (".docx",)),
    "xl/": Kind(f"{_OOXML}.spreadsheetml.sheet", (".xlsx",)),
    "ppt/": Kind(f"{_OOXML}.presentationml.presentation", (".pptx",)),
}
_ANY = "application/octet-stream"
_BY_BEGINNING = {
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"GIF87a": GIF,
    b"GIF89a": GIF,
    b"%PDF-": Kind("application/pdf", (".pdf",)),
    b"PK\x03\x04": ZIP,
    b"PK\x05\x06": ZIP,
    # Outlook's messages and the older Office files are containers of one kind.
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Kind("application/x-ole-storage", (".msg", ".doc", ".xls", ".ppt")),
    b"ElfFile\x00": Kind(_ANY, (".evtx",)),
    b"\x1f\x8b": Kind("application/gzip", (".gz", ".tgz")),
    b"7z\xbc\xaf\x27\x1c": Kind("application/x-7z-compressed", (".7z",)),
    b"\xd4\xc3\xb2\xa1": Kind(_ANY, (".pcap",)),
    b"\x0a\x0d\x0d\x0a": Kind(_ANY, (".pcapng",)),
}
ALLOWED = (
    "pictures (PNG, JPEG, WebP, GIF), text and logs, CSV, PDF, Word, Excel, PowerPoint, e-mails (.eml, .msg), "
    "event logs (.evtx), network traces (.pcap), and archives (.zip, .gz, .7z)"
)

# No text has these, except that terminals write ESC and the backspace.
_NO_TEXT = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\b\x1b")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = re.compile(r"[\\/]")


def judge(file: BinaryIO) -> Kind:
    """What the file is.

    Raises:
        AttachmentRefusedError: it is nothing that can be attached.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    found = next((kind for beginning, kind in _BY_BEGINNING.items() if head.startswith(beginning)), None)
    if found is ZIP:
        return _archive(file)
    if found is not None:
        return found
    if _is_text(file):
        return TEXT
    raise AttachmentRefusedError(f"This kind of file cannot be attached. What can: {ALLOWED}.")


def safe_name(name: str, kind: Kind) -> str:
    """The file's name without folders, ended as what it is: `setup.hta` that is text is `setup.hta.txt`."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    # Control characters, and those that turn the direction of writing, hide what a name ends with.
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip(" .") or "file"
    stem, suffix = PurePath(seen).stem, PurePath(seen).suffix
    if suffix.lower() in kind.suffixes:
        return f"{_cut(stem)}{suffix}"
    if kind.is_picture and any(suffix.lower() in picture.suffixes for picture in PICTURES):
        return f"{_cut(stem)}{kind.suffixes[0]}"
    return f"{_cut(seen)}{kind.suffixes[0]}"


def _cut(stem: str) -> str:
    """A name that is too long says that it goes on, as all texts do."""
    return stem if len(stem) <= _LONGEST_STEM else f"{stem[: _LONGEST_STEM - 1]}…"


def _archive(file: BinaryIO) -> Kind:
    """A document of Office is an archive with a list of types and a folder of its own. Only names are read."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise AttachmentRefusedError("This archive is damaged.") from None
    if "[Content_Types].xml" not in names:
        return ZIP
    return next((kind for folder, kind in _DOCUMENTS.items() if any(n.startswith(folder) for n in names)), ZIP)


def _is_text(file: BinaryIO) -> bool:
    file.seek(0)
    if file.read(2) in UTF_16:
        return True
    file.seek(0)
    while piece := file.read(_READ_BYTES):
        if len(piece.translate(None, _NO_TEXT)) != len(piece):
            return False
    return True
