"""What a text file says. Pure."""

from flowpilot.attachments.kinds import UTF_16


def text_in(content: bytes) -> str:
    """The text in the bytes of a text file, whatever wrote it: UTF-16, UTF-8, or one byte for each letter."""
    if content.startswith(UTF_16):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
