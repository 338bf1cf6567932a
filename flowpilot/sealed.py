"""Secrets that must be read again, such as a webhook's address: encrypted with a key made from the secret key."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flowpilot.errors import FlowPilotError

# Tokens are signed with the secret key itself; sealed values have a key of their own, derived from it.
_PURPOSE = b"flowpilot: sealed values"


class UnsealableError(FlowPilotError):
    """The value cannot be decrypted with this secret key."""

    def __init__(self) -> None:
        super().__init__("The installation's secret key has changed since this was entered. Enter it again.")


def seal(secret_key: str, text: str) -> bytes:
    """The text, encrypted and signed."""
    return _fernet(secret_key).encrypt(text.encode())


def unseal(secret_key: str, sealed: bytes) -> str:
    """The text that was sealed.

    Raises:
        UnsealableError: it was sealed with another secret key, or has been altered.
    """
    try:
        return _fernet(secret_key).decrypt(sealed).decode()
    except InvalidToken as error:
        raise UnsealableError from error


@lru_cache(maxsize=4)
def _fernet(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key.encode())
    return Fernet(urlsafe_b64encode(derived))
