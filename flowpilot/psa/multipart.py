"""A file in a form, as a browser sends it. Pure, except for the boundary."""

import unicodedata
from collections.abc import Mapping
from uuid import uuid4

from flowpilot.psa.records import TicketFile


def multipart(fields: Mapping[str, str], file: TicketFile) -> tuple[bytes, str]:
    """The body of a form with a file in its field `file`, and the body's type.

    The file is named in ASCII, because servers read other letters in different ways.
    """
    boundary = uuid4().hex
    name = unicodedata.normalize("NFKD", file.name).encode("ascii", "ignore").decode().replace('"', "'")
    parts = [_part(boundary, f'name="{key}"', value.encode()) for key, value in fields.items()]
    about = f'name="file"; filename="{name}"\r\nContent-Type: {file.media_type}'
    parts.append(_part(boundary, about, file.content))
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, about: str, content: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {about}\r\n\r\n".encode() + content + b"\r\n"
