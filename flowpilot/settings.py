"""The one place that reads the environment."""

import contextlib
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from flowpilot.errors import FlowPilotError


class SettingsError(FlowPilotError):
    """A setting can not be used as it is."""


class Settings(BaseSettings):
    """Settings of one installation, read from FLOWPILOT_* variables."""

    model_config = SettingsConfigDict(env_prefix="FLOWPILOT_", env_ignore_empty=True, frozen=True)

    database_url: SecretStr | None = Field(
        default=None, description="The owner's PostgreSQL 16+ URL. Unset: PostgreSQL 18 runs embedded."
    )
    runtime_database_url: SecretStr | None = Field(
        default=None,
        description="The runtime role's URL, where roles are managed elsewhere. "
        "Unset: the role is created beside the owner.",
    )
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("flowpilot"),
        description="Where the embedded database and the secret key live.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs tokens. Unset: made once and kept in the data directory. "
        "Servers that share a database must share it.",
    )
    token_minutes: int = Field(default=60, ge=1, le=1440, description="How long a signed token is good for.")
    limit_storage: str = Field(
        default="memory://",
        pattern=r"^(memory://$|rediss?://|unix://)",
        description="Where rate limits count: `memory://` (each process alone) or a `redis://` URL.",
    )
    login_attempts_per_minute: int = Field(
        default=5, ge=1, description="Login attempts allowed a minute for one e-mail."
    )
    login_attempts_per_minute_per_address: int = Field(
        default=60, ge=1, description="Login attempts allowed a minute from one address."
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=90, description="Database connections a server process may hold."
    )

    def signing_key(self) -> str:
        """The secret key: the one configured, else the one kept in the data directory, made on first use."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "secret_key"
        if not path.exists():
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text()


def _write_once(path: Path, text: str) -> None:
    """Write a file for our eyes only; when two processes race, the first one's text stays."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingsError: a variable's value can not be used; the sentence names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"FLOWPILOT_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        raise SettingsError("; ".join(wrong)) from error
