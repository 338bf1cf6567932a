"""Small files of many kinds, and how they are uploaded."""

import io
import zipfile
from typing import Any

from fastapi.testclient import TestClient
from PIL import Image

from flowpilot.identity.actor import Role
from tests.company import Company

PATH = "/api/v1/attachments"
PLACE = "Berlin, Alexanderplatz"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), **said: Any) -> bytes:
    """A picture of one red half and one blue half."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    written = io.BytesIO()
    image.save(written, kind, **said)
    return written.getvalue()


def photo(**tags: Any) -> bytes:
    """A JPEG as a camera writes it: where it was taken, and turned on its side."""
    exif = Image.Exif()
    exif[0x010E] = PLACE  # ImageDescription
    exif[0x0112] = 6  # Orientation: to be turned to the right.
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    return picture("JPEG", exif=exif, comment=PLACE.encode())


def archive(*names: str) -> bytes:
    """A zip with empty files of these names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        for name in names:
            made.writestr(name, "")
    return written.getvalue()


def upload(
    client: TestClient,
    company: Company,
    content: bytes = b"event 41\n",
    name: str = "system.log",
    role: Role = Role.ENGINEER,
    **said: Any,
) -> Any:
    """The answer to an upload."""
    return client.post(PATH, files={"file": (name, content)}, data=said, headers=company.headers(role))


def uploaded(
    client: TestClient,
    company: Company,
    content: bytes = b"event 41\n",
    name: str = "system.log",
    role: Role = Role.ENGINEER,
    **said: Any,
) -> Any:
    """The file that an upload has made."""
    answer = upload(client, company, content, name, role, **said)
    assert answer.status_code == 201, answer.text
    return answer.json()
