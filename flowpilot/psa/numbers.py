"""Numbers of records, as somebody types them."""

import re

_NUMBER = re.compile(r"\d{1,12}", re.ASCII)


def is_number(text: str) -> bool:
    """Whether this can be the number of a record. Others, such as a superscript, only make a server fail."""
    return _NUMBER.fullmatch(text) is not None
