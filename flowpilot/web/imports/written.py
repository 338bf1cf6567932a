"""How a text file may be written: what a person can choose, if looking at it has found the wrong thing."""

from flowpilot.imports.guess.mapping import Draft
from flowpilot.imports.mapping.file import FileFormat

_FOUND = ("", "As the file looks")
ENCODINGS = [
    _FOUND,
    ("utf-8", "Unicode (UTF-8)"),
    ("utf-16", "Unicode (UTF-16)"),
    ("cp1252", "Western European (Windows-1252)"),
    ("cp1250", "Central European (Windows-1250)"),
    ("cp1251", "Cyrillic (Windows-1251)"),
    ("cp1253", "Greek (Windows-1253)"),
    ("cp1254", "Turkish (Windows-1254)"),
    ("cp1255", "Hebrew (Windows-1255)"),
    ("cp1256", "Arabic (Windows-1256)"),
    ("cp1257", "Baltic (Windows-1257)"),
    ("cp850", "Western European (DOS)"),
    ("shift_jis", "Japanese (Shift JIS)"),
    ("gb18030", "Chinese, simplified (GB 18030)"),
    ("big5", "Chinese, traditional (Big5)"),
    ("euc_kr", "Korean (EUC-KR)"),
]
DELIMITERS = [
    _FOUND,
    (",", "Comma"),
    (";", "Semicolon"),
    ("tab", "Tab"),
    ("|", "Upright stroke |"),
    ("^", "Caret ^"),
    ("~", "Tilde ~"),
    (":", "Colon"),
]


def separator(chosen: str) -> str | None:
    """The character of a choice; a form would lose a tab."""
    return "\t" if chosen == "tab" else chosen or None


def encoding_of(draft: Draft) -> str:
    """The encoding that a mapping names."""
    return str(draft.get("file", {}).get("encoding") or "")


def delimiter_of(draft: Draft) -> str:
    """The separator that a mapping names, as it is chosen."""
    named = str(draft.get("file", {}).get("delimiter") or "")
    return "tab" if named == "\t" else named


def known_encoding(encoding: str) -> str:
    """The same, if Python knows it.

    Raises:
        ValueError: it does not.
    """
    FileFormat.model_validate({"encoding": encoding or None})
    return encoding


def known_delimiter(chosen: str) -> str:
    """The same, if it is one character.

    Raises:
        ValueError: it is not.
    """
    FileFormat.model_validate({"delimiter": separator(chosen)})
    return chosen


def offered(choices: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """The choices, with what a mapping names that is none of them."""
    return choices if chosen in dict(choices) else [*choices, (chosen, chosen)]
