"""What is removed from a text before it is sent, and what stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.copilot.redact import redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("mail from jo.doe+x@sub.client.example.", "mail from [e-mail]."),
        ("call +43 1 234 5678, 0664/1234567 or (555) 123-4567", "call [telephone], [telephone] or [telephone]"),
        ("DNS is 8.8.8.8.", "DNS is [public IP]."),
        ("rdp to 10.0.0.5:3389 in 192.168.1.0/24", "rdp to [private IP]:3389 in [private IP]/24"),
        ("2001:4860:4860::8888 and fd00::1", "[public IP] and [private IP]"),
        ("password is Summer2024!", "password is [secret]"),
        ("Password: hunter2", "Password: [secret]"),
        ("the new password was set to Winter-24", "the new password was set to [secret]"),
        ("password Hunter22 does not work", "password [secret] does not work"),
        ('token "a b c" pwd=abc PIN: 1234', "token [secret] pwd=[secret] PIN: [secret]"),
        ("Passwort lautet Geheim1", "Passwort lautet [secret]"),
        ("MFA code 123456", "MFA code [secret]"),
        ("Login: jdoe / abc", "Login: jdoe / [secret]"),
        ("user: CLIENT\\jdoe/abc/d", "user: CLIENT\\jdoe/[secret]"),
        ("password: “a b”, then “Enter”", "password: [secret], then “Enter”"),
        ("https://jo:pa55@files.client.example/x", "https://[secret]@files.client.example/x"),
        ("redis://:pa55@cache.client.example/0", "redis://[secret]@cache.client.example/0"),
        ("ftp://jo:a:b@files", "ftp://[secret]@files"),
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer [secret]"),
        (f"it sends {JWT} along", "it sends [secret] along"),
        (f"key:\n{PEM}\nend", "key:\n[secret]\nend"),
        ("ghp_ABCDEFGHIJKLMNOPQRST and sk-proj-abcdefghijkl", "[secret] and [secret]"),
        ("AKIAABCDEFGHIJKLMNOP", "[secret]"),
        ("licence ABCDE-12345-FGHIJ-67890-KLMNO", "licence [secret]"),
        ("BitLocker " + "-".join(["123456"] * 8), "BitLocker [secret]"),
        ("hash a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "hash [secret]"),
    ],
)
def test_it_is_taken_out(text: str, sent: str) -> None:
    assert redact(text) == sent


@pytest.mark.parametrize(
    "text",
    [
        "The password is wrong, and a password reset did not help.",
        "The password is 90 days old; it was reset 3 times.",
        "Error 0x8004010F, event 4771, KB5034441, ticket 123456789",
        "Since 2026-06-15 12:00:33, or 05.06.2026, or 05/06/2026 10:22",
        "Windows 10.0.19045.3803",
        "Address 169.254.3.4, gateway 0.0.0.0, fe80::1, loopback 127.0.0.1",
        "aa:bb:cc:dd:ee:ff",
        "correlation id 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "Basic troubleshooting was done on SRV-01, port 443.",
    ],
)
def test_clues_to_a_fault_stay(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_any_text_can_be_redacted_and_what_is_out_is_out(text: str) -> None:
    once = redact(f"{text} jo@client.example {text}")
    assert "client.example" not in once
