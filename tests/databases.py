"""Data directories with a migrated database: made once a run, and copied for whoever needs one of their own."""

import fcntl
import subprocess
from pathlib import Path

from pydantic import SecretStr

from flowpilot.db.connect import migrated_database
from flowpilot.db.locks import file_lock
from flowpilot.settings import Settings

_SECRET = SecretStr("s" * 32)


def settings_of(data_dir: Path) -> Settings:
    """Settings of an installation in that directory, in which tests may sign in as often as they like."""
    return Settings(data_dir=data_dir, secret_key=_SECRET, login_attempts_per_minute_per_address=100_000)


def copy_migrated(run: Path, data_dir: Path) -> None:
    """Put a migrated database into `data_dir`.

    Args:
        run: a directory that all workers of this test run share; the template is made there by the first of them.
        data_dir: the directory to make.
    """
    template = run / "template"
    with file_lock(run / "template.lock", fcntl.LOCK_EX):
        if not template.exists():
            draft = run / "draft"
            with migrated_database(settings_of(draft)):
                pass
            draft.rename(template)
    # The cluster belongs to whoever runs PostgreSQL, which as root is another user.
    subprocess.run(["cp", "--archive", "--reflink=auto", template, data_dir], check=True)  # noqa: S607
