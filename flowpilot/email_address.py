"""E-mail addresses: the one form that is kept and compared, and the one that every mail server accepts."""

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from flowpilot.errors import InvalidError


def valid_email(text: str) -> str:
    """The address as it is kept: in lower case, with its domain as people write it.

    `jo@xn--mller-kva.example` and `Jo@MÜLLER.example` are the same address, and both become `jo@müller.example`.

    Raises:
        InvalidError: it is not an e-mail address.
    """
    try:
        return _kept(text)
    except EmailNotValidError as error:
        raise InvalidError(f"{text!r} is not an e-mail address: {error}") from error


def normal_email(text: str) -> str:
    """What somebody typed, in the form in which addresses are kept. What is not an address finds nobody."""
    try:
        return _kept(text)
    except EmailNotValidError:
        return text.strip().lower()


def with_ascii_domain(address: str) -> str:
    """The address with its domain as the DNS has it: the form for mail servers.

    What stands before the @ has no such form, so the result can still hold other letters than ASCII.

    Raises:
        EmailNotValidError: the domain has no such form either.
    """
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{_read(address).ascii_domain}"


def _kept(text: str) -> str:
    return _read(text.strip()).normalized.lower()


def _read(text: str) -> ValidatedEmail:
    # `.test` is accepted, for trials; that a domain exists is seen when mail is sent.
    return validate_email(text, check_deliverability=False, test_environment=True)
