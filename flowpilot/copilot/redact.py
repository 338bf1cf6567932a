"""What is removed from a text before it leaves the machine.

Placeholders replace e-mail addresses, telephone numbers, IP addresses, and anything that looks like a password, a
key or a token. Private and public IP addresses get different placeholders, because that may be the very problem;
loopback and self-assigned ones identify nobody and stay. Names of people, companies and computers are not
recognised: they are sent as they are.
"""

import ipaddress
import re
from re import Match

SECRET = "[secret]"  # noqa: S105 - a placeholder

_LABEL = (
    r"\b(?:pass(?:word|code|phrase|wort|wd)?|kennwort|pwd?|pin|secret|token|otp|credential"
    r"|(?:api|access|secret|licen[cs]e|product|recovery|private|shared)[ _-]?(?:key|code)"
    r"|(?:mfa|verification|security|one[- ]time)[ _-]code)s?\b"
)
# A second opening quote ends the search for a closing one, so that many of them do not take quadratic time.
_QUOTED = r"\"[^\"\n]+\"|'[^'\n]+'|“[^“”\n]+”"

# The group `kept` is the text before the secret. In a sentence, only a word with a digit or a special character
# counts as a secret: "the password is wrong" stays.
# No repeat matches what has to follow it, and each is bounded or possessive (`++`) if a match can begin inside it.
# So the time is linear in the length of any text.
_SECRETS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"(?P<kept>)-----BEGIN [A-Z ]*KEY-----.*?(?:-----END [A-Z ]*KEY-----|\Z)",
        r"(?P<kept>\b[a-z][a-z0-9+.-]{0,20}://)[^\s/@:]*+:[^\s/@]++(?=@)",
        r"(?P<kept>\bauthorization\s*:\s*\w+\s+)\S+",
        r"(?P<kept>\b(?:bearer|basic)\s+)(?=\S*[\d=])[a-z0-9._~+/=-]{8,}",
        rf"(?P<kept>{_LABEL}(?:\s+(?:is|was|ist|lautet))?\s*(?::=|=>|->|[:=])\s*)(?:{_QUOTED}|\S+)",
        rf"(?P<kept>{_LABEL}[^\n.:=]{{0,40}}?\b(?:is|was|to|ist|lautet)\s+)"
        rf"(?:{_QUOTED}|(?=\S*[\d!#$%&*@^_+=])\S{{4,}})",
        rf"(?P<kept>{_LABEL}\s+\(?)(?:{_QUOTED}|(?=\S*\d)[^\s)]{{4,}})",
        r"(?P<kept>\b(?:log[ -]?[io]n|user(?:name)?|account)\s*[:=]\s*[^\s/:=]++\s*/\s*)\S+",
        r"(?P<kept>)\beyJ[\w-]{8,1000}+\.[\w-]+(?:\.[\w-]*)?",
        r"(?P<kept>)\b(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|hf)[-_][\w-]{12,}",
        r"(?P<kept>)\bAKIA[0-9A-Z]{16}\b",
        r"(?P<kept>)\b(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}\b",
        r"(?P<kept>)\b(?:\d{6}-){7}\d{6}\b",
        r"(?P<kept>)\b(?=\w*\d)(?=\w*[a-z])\w{24,}\b",
    )
)
_EMAIL = re.compile(r"[\w.+'-]{1,64}+@[\w-]++(?:\.[\w-]+)+")
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)|(?<![\w.:])[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?<!\.)(?![\w:])",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(
    r"""(?<![\w.+/-])(?!\d{1,2}([./-])\d{1,2}\1\d{4}\b)  # A date is not one.
    (?: (?:\+|00)[1-9](?:[ ()/.-]{0,2}\d){7,13}
      | \(?0[1-9](?:[ ()/.-]{0,2}\d){6,12}
      | \(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}
    )(?![\w-])""",
    re.VERBOSE,
)


def redact(text: str) -> str:
    """The text with placeholders for everything that must not leave the machine."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: f"{found['kept']}{SECRET}", text)
    text = _EMAIL.sub("[e-mail]", text)
    text = _ADDRESS.sub(_address, text)
    return _TELEPHONE.sub("[telephone]", text)


def _address(found: Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    if address.is_link_local or address.is_loopback or address.is_unspecified:
        return found[0]
    return "[private IP]" if address.is_private else "[public IP]"
