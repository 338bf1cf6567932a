"""One form of an e-mail address, no matter how it was typed."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flowpilot.email_address import normal_email, valid_email, with_ascii_domain
from flowpilot.errors import InvalidError
from flowpilot.settings import Settings

LETTERS = "aZ0üßÉжИ日"


@pytest.mark.parametrize(
    "typed",
    [
        "jo@müller.example",
        " Jo@MÜLLER.example ",
        "jo@mu\u0308ller.example",
        "jo@xn--mller-kva.example",
        "JO@XN--MLLER-KVA.EXAMPLE",
    ],
)
def test_every_way_to_write_a_domain_is_one_address(typed: str) -> None:
    assert (valid_email(typed), normal_email(typed)) == ("jo@müller.example", "jo@müller.example")


@pytest.mark.parametrize("typed", ["", "jo", "jo@", "@müller.example", "jo@xn--zzzzzz9.example", "a b@c.example"])
def test_an_invalid_address_is_refused_and_finds_nobody(typed: str) -> None:
    with pytest.raises(InvalidError, match="is not an e-mail address"):
        valid_email(typed)
    assert normal_email(f" {typed} ".upper()) == typed.lower()


@given(st.text(LETTERS, min_size=1), st.text(LETTERS, min_size=1))
def test_an_address_that_is_kept_already_stays_as_it_is(local: str, domain: str) -> None:
    """Everybody who was added earlier can still sign in, with both forms."""
    try:
        found = validate_email(f"{local}@{domain}.example", check_deliverability=False)
    except EmailNotValidError:
        return
    kept = found.normalized.strip().lower()  # What has always been kept.
    assert (normal_email(kept), normal_email(with_ascii_domain(kept))) == (kept, kept)


@pytest.mark.parametrize(
    ("address", "for_mail"),
    [
        ("jo@müller.example", "jo@xn--mller-kva.example"),
        ("jörg@müller.example", "jörg@xn--mller-kva.example"),
        ("jo@desk.example", "jo@desk.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_mail_servers_get_the_domain_in_ascii(address: str, for_mail: str) -> None:
    assert with_ascii_domain(address) == for_mail


def test_the_sender_may_have_a_domain_outside_ascii() -> None:
    settings = Settings(smtp_host="localhost", smtp_sender="desk@müller.example")
    assert settings.smtp_sender == "desk@xn--mller-kva.example"
    with pytest.raises(ValidationError, match="invalid characters"):
        Settings(smtp_sender="desk@mül_ler.example")
