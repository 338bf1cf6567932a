"""Passwords, signed tokens and API keys: how they are made and parsed.

A credential carries its own account, so that the account can be set in PostgreSQL before anything is read.
Nothing here touches the database: a parsed credential is only a claim until `auth` has looked it up.
"""

import base64
import functools
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from pwdlib import PasswordHash

from flowpilot.errors import FlowPilotError

_passwords = PasswordHash.recommended()

_SECRET_BYTES = 24
_KEY_MARK = "fp_"
INVITATION_MARK = "fpi_"
_PREFIX_LENGTH = len(_KEY_MARK) + 8


class UnauthenticatedError(FlowPilotError):
    """The caller did not prove who they are."""

    status = 401

    def __init__(self, detail: str = "Sign in again, or send a valid API key.") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


@dataclass(frozen=True, slots=True)
class TokenClaim:
    """What a signed token claims: a user, in an account or in none. Signed at `issued_at`, to the second."""

    user_id: uuid.UUID
    account_id: uuid.UUID | None
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """What an API key or an invitation's secret claims: its account and row, and the hash to compare."""

    account_id: uuid.UUID
    key_id: uuid.UUID
    key_hash: bytes


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _passwords.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Without a hash to compare with, it takes just as long."""
    matches = _passwords.verify(password, password_hash or _nobodys_hash())
    return matches and password_hash is not None


@functools.cache
def _nobodys_hash() -> str:
    """The hash to compare with when the e-mail is unknown."""
    return _passwords.hash(secrets.token_urlsafe(16))


def sign_token(claim: TokenClaim, key: str, minutes: int) -> str:
    """A token for the claim, valid for `minutes`."""
    payload = {
        "sub": str(claim.user_id),
        "account": str(claim.account_id) if claim.account_id else None,
        "iat": claim.issued_at,
        "exp": claim.issued_at + timedelta(minutes=minutes),
    }
    return jwt.encode(payload, key, algorithm="HS256")


def new_api_key(account_id: uuid.UUID, key_id: uuid.UUID) -> str:
    """The secret of a new API key."""
    return new_secret(_KEY_MARK, account_id, key_id)


def new_secret(mark: str, account_id: uuid.UUID, row_id: uuid.UUID) -> str:
    """A new secret after its mark: 192 random bits, then the account and row it belongs to."""
    packed = secrets.token_bytes(_SECRET_BYTES) + account_id.bytes + row_id.bytes
    return mark + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def key_prefix(key: str) -> str:
    """The part of a key that may be shown, to tell keys apart."""
    return key[:_PREFIX_LENGTH]


def hash_key(key: str) -> bytes:
    """The hash to store. A key is random, so a fast hash is enough."""
    return hashlib.sha256(key.encode()).digest()


def parse(credential: str, signing_key: str) -> TokenClaim | KeyClaim:
    """What a Bearer credential claims.

    Raises:
        UnauthenticatedError: it is neither an API key nor a valid token that we signed.
    """
    return _parse_key(credential) if credential.startswith(_KEY_MARK) else _parse_token(credential, signing_key)


def unpack(secret: str, mark: str) -> KeyClaim:
    """What a secret with that mark claims.

    Raises:
        ValueError: it is not such a secret.
    """
    if not secret.startswith(mark):
        raise ValueError("The secret has another mark.")
    encoded = secret.removeprefix(mark)
    packed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    account, row_id = packed[_SECRET_BYTES : _SECRET_BYTES + 16], packed[_SECRET_BYTES + 16 :]
    return KeyClaim(uuid.UUID(bytes=account), uuid.UUID(bytes=row_id), hash_key(secret))


def _parse_key(key: str) -> KeyClaim:
    try:
        return unpack(key, _KEY_MARK)
    except ValueError as error:
        raise UnauthenticatedError from error


def _parse_token(token: str, signing_key: str) -> TokenClaim:
    try:
        payload = jwt.decode(token, signing_key, algorithms=["HS256"], options={"require": ["sub", "iat", "exp"]})
        account = payload["account"]
    except (jwt.InvalidTokenError, KeyError) as error:
        raise UnauthenticatedError from error
    issued_at = datetime.fromtimestamp(payload["iat"], UTC)
    return TokenClaim(uuid.UUID(payload["sub"]), uuid.UUID(account) if account else None, issued_at)
