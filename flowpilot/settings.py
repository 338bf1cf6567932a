"""The one place that reads the environment."""

import contextlib
import logging
import os
import secrets
import tempfile
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from flowpilot.email_address import with_ascii_domain
from flowpilot.errors import FlowPilotError

# The installation of root, and the PostgreSQL that runs for it.
ROOT_HOME = Path("/var/lib/flowpilot")

_log = logging.getLogger(__name__)


class SettingsError(FlowPilotError):
    """A setting cannot be used as it is."""


def _networks(value: Any) -> Any:
    return tuple(ip_network(part.strip()) for part in value.split(",")) if isinstance(value, str) else value


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]


def _default_data_dir() -> Path:
    """The user's data directory. Root's is elsewhere, because the user of PostgreSQL cannot enter root's home."""
    own = user_data_path("flowpilot")
    if os.geteuid() != 0:
        return own
    usual = ROOT_HOME / "data"
    if _is_installation(own) and not _is_installation(usual):
        _log.warning(
            "Using the installation in %s, the old default for root. New installations are created in %s.",
            own,
            usual,
        )
        return own
    return usual


def _is_installation(directory: Path) -> bool:
    return any((directory / name).exists() for name in ("postgres", "secret_key"))


class Settings(BaseSettings):
    """Settings of one installation, read from FLOWPILOT_* variables."""

    model_config = SettingsConfigDict(env_prefix="FLOWPILOT_", env_ignore_empty=True, frozen=True)

    database_url: SecretStr | None = Field(
        default=None,
        description="URL of a PostgreSQL 16+ database, as its owner. Unset: PostgreSQL 18 runs embedded.",
    )
    runtime_database_url: SecretStr | None = Field(
        default=None,
        description="URL of the same database as the runtime role, if you manage roles yourself. "
        "Unset: FlowPilot creates the role.",
    )
    admin_database_url: SecretStr | None = Field(
        default=None,
        description="URL of the same database as a superuser. Only `flowpilot db distribute` uses it.",
    )
    replica_url: SecretStr | None = Field(
        default=None,
        description="URL of a streaming standby of the database, such as `postgresql://host:5432/`, which reports "
        "and lists then read. What it does not say is as in the primary's URL: role, password, database, "
        "and `sslmode` and the like.",
    )
    replica_lag_seconds: int = Field(
        default=5,
        ge=2,
        le=300,
        description="How old what the replica shows may be, in seconds. While it is older, the primary is read.",
    )
    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Where the embedded database and the secret key live.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs tokens. Unset: generated once and kept in the data directory. "
        "Servers that share a database must share it.",
    )
    token_minutes: int = Field(default=60, ge=1, le=1440, description="How long a signed token is valid.")
    sign_in_hours: int = Field(
        default=12, ge=1, le=720, description="How long a browser stays signed in after its last page."
    )
    limit_storage: str = Field(
        default="memory://",
        pattern=r"^(memory://$|rediss?://|unix://)",
        description="Where rate limits count: `memory://` (each process alone) or a `redis://` URL, which "
        "`flowpilot serve --workers` needs for more than one process.",
    )
    login_attempts_per_minute: int = Field(
        default=5, ge=1, description="Sign-in attempts a minute allowed for one e-mail."
    )
    login_attempts_per_minute_per_address: int = Field(
        default=60,
        ge=1,
        description="Sign-in attempts a minute allowed from one IP address; an IPv6 /64 network counts as one "
        "address.",
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=90, description="Database connections that one server process may hold."
    )
    attachment_megabytes: int = Field(
        default=10, ge=1, le=100, description="How large one screenshot or file in a session may be, in MB."
    )
    attachments_account_megabytes: int = Field(
        default=5_000, ge=1, description="How much all files of one account may take in the database, in MB."
    )
    import_megabytes: int = Field(
        default=200, ge=1, le=2_000, description="How large one log that is uploaded for an import may be, in MB."
    )
    ai_model: str | None = Field(
        default=None,
        pattern=r"^((anthropic|openai):\S+|test)$",
        description="The AI copilot's model, such as `anthropic:<model>` or `openai:<model>`. Unset: it is off, "
        "and nothing leaves this machine. `test` gives made-up answers and sends nothing, to try it out.",
    )
    ai_api_key: SecretStr | None = Field(
        default=None, description="The AI provider's API key. A server of your own may not need one."
    )
    ai_base_url: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="The AI's address, if it is not the provider's own: a proxy, or with `openai:` a server "
        "of your own "
        "that speaks OpenAI's chat API, such as `http://localhost:11434/v1`.",
    )
    ai_timeout_seconds: int = Field(
        default=20, ge=1, le=120, description="How long the AI may take before the rules answer instead."
    )
    ai_daily_tokens: int = Field(
        default=200_000, ge=1, description="Tokens each account may spend on the AI in a day (UTC)."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        description="The address at which people open FlowPilot, such as `https://flowpilot.example.com`. "
        "Messages and "
        "invitations link to it. Unset: messages have no links, and an invitation links to the host name that "
        "was in the browser of the person who invited.",
    )
    smtp_host: str | None = Field(default=None, description="The mail server. Unset: no e-mail is sent.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="The mail server's port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection to the mail server is encrypted: `starttls` (usual on port 587), `tls` "
        "from the start (usual on port 465), or `none`, for a server on this machine.",
    )
    smtp_username: str | None = Field(
        default=None, description="User name for the mail server. Unset: FlowPilot does not sign in there."
    )
    smtp_password: SecretStr | None = Field(default=None, description="The password of `FLOWPILOT_SMTP_USERNAME`.")
    smtp_sender: str | None = Field(
        default=None,
        validate_default=True,
        pattern=r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+$",
        description="The sender's address of all e-mails. Required with `FLOWPILOT_SMTP_HOST`.",
    )
    allowed_private_networks: Networks = Field(
        default=(),
        description="Private networks that FlowPilot may send to, separated by commas, such as "
        "`10.0.0.0/8,fd00::/8`. All other addresses of ticket systems, Slack, Teams and webhooks must be public.",
    )

    @field_validator("smtp_sender")
    @classmethod
    def _names_a_sender(cls, sender: str | None, info: ValidationInfo) -> str | None:
        if sender is None and info.data.get("smtp_host") is not None:
            raise ValueError("must be set, because FLOWPILOT_SMTP_HOST is set")
        return None if sender is None else with_ascii_domain(sender)

    def signing_key(self) -> str:
        """The secret key: the configured one, or one generated on first use and kept in the data directory."""
        if (known := self.known_signing_key()) is not None:
            return known
        self.make_data_dir()
        _write_once(self._key_file, secrets.token_urlsafe(48))
        return self._key_file.read_text()

    def make_data_dir(self) -> Path:
        """The data directory, created if there is none."""
        self.data_dir.mkdir(mode=0o700 if os.geteuid() else 0o711, parents=True, exist_ok=True)
        return self.data_dir

    def known_signing_key(self) -> str | None:
        """The secret key, if there is one already."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        return self._key_file.read_text() if self._key_file.exists() else None

    @property
    def _key_file(self) -> Path:
        return self.data_dir / "secret_key"


def _write_once(path: Path, text: str) -> None:
    """Write a file that only this user can read. When two processes race, the first one's text stays."""
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
        SettingsError: a variable's value cannot be used; the sentence names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"FLOWPILOT_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        raise SettingsError("; ".join(wrong)) from error
