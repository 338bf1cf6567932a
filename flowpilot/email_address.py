"""E-mail addresses: the form that we store and compare, and the form that every mail server accepts."""

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from flowpilot.errors import InvalidError


def valid_email(text: str) -> str:
    """The address as it is stored: in lower case, with its domain as people write it.

    `jo@xn--mller-kva.example` and `Jo@MÜLLER.example` are the same address, and both become `jo@müller.example`.

    Raises:
        InvalidError: it is not an e-mail address.
    """
    try:
        return _kept(text)
    except EmailNotValidError as error:
        raise InvalidError(f"{text!r} is not an e-mail address: {error}", field="email") from error


def normal_email(text: str) -> str:
    """Typed text in the form in which addresses are stored. Text that is not an address finds nobody."""
    try:
        return _kept(text)
    except EmailNotValidError:
        return text.strip().lower()


def with_ascii_domain(address: str) -> str:
    """The address with its domain in ASCII, as the DNS and mail servers want it.

    The part before the @ has no such form, so the result can still hold other letters.

    Raises:
        EmailNotValidError: the domain has no such form either.
    """
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{_read(address).ascii_domain}"


def _kept(text: str) -> str:
    return _read(text.strip()).normalized.lower()


def _read(text: str) -> ValidatedEmail:
    # `.test` is accepted, for trials. Whether a domain exists turns out when mail is sent.
    return validate_email(text, check_deliverability=False, test_environment=True)
