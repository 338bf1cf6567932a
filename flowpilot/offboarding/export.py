"""An account as one zip: a file of JSON lines for each table, the files that people added, and a manifest.

It is one snapshot, and is written row by row, so that an account of any size needs little memory.
"""

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Identifier
from sqlalchemy import Table

from flowpilot import __version__
from flowpilot.db.bulk import account_transaction
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.migrations.upgrade import newest_revision
from flowpilot.offboarding.contents import CHUNKS, LEFT_OUT, columns_of, rows_of, tables
from flowpilot.offboarding.progress import Counter, OnProgress

FORMAT = 1
_ROWS_AT_ONCE, _CHUNKS_AT_ONCE = 200, 4
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


@dataclass(slots=True)
class Exported:
    """What an export holds: the rows of each table, and how many files with how many bytes."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0


def export_account(
    url: str, account_id: UUID, target: Path, *, now: datetime, on_progress: OnProgress
) -> Exported:
    """Write all that an account has into a new zip, except for secrets; its manifest names what is left out.

    Args:
        url: of the runtime role.
        account_id: the account.
        target: the file to make, which only its owner may read.
        now: the time that the manifest states.
        on_progress: is called with the phase and the share that is done.

    Raises:
        NotFoundError: there is no such account.
        ConflictError: there is such a file already.
    """
    if target.exists():
        raise ConflictError(f"{target} exists already. Name another file.")
    draft = target.with_name(f"{target.name}.part")
    try:
        with account_transaction(url, account_id) as connection, _new_zip(draft) as archive:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            exported = _write(connection, account_id, archive, now, on_progress)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return exported


@contextmanager
def _new_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        yield archive


def _write(
    connection: Connection, account_id: UUID, archive: zipfile.ZipFile, now: datetime, on_progress: OnProgress
) -> Exported:
    named = connection.execute("SELECT name FROM accounts WHERE id = %s", (account_id,)).fetchone()
    if named is None:
        raise NotFoundError(f"There is no account {account_id}.")
    counts = {table.name: _count(connection, account_id, table) for table in tables()}
    counter = Counter("exporting", sum(counts.values()), on_progress)
    exported = Exported(rows={name: count for name, count in counts.items() if count})
    sums = {
        table.name: _write_table(connection, account_id, archive, table, counter)
        for table in tables()
        if counts[table.name] and table.name != CHUNKS
    }
    _write_files(connection, account_id, archive, exported, counter)
    manifest = {
        "format": FORMAT,
        "flowpilot": __version__,
        "revision": newest_revision(),
        "exported_at": now.isoformat(),
        "account": {"id": str(account_id), "name": named[0]},
        "tables": [_described(name, count, sums.get(name)) for name, count in exported.rows.items()],
        "files": {"count": exported.files, "bytes": exported.bytes, "sha256": "in tables/attachments.jsonl"},
        "left_out": [{"table": table, "column": column, "why": why} for (table, column), why in LEFT_OUT.items()],
    }
    archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
    return exported


def _described(name: str, count: int, digest: str | None) -> dict[str, Any]:
    if digest is None:
        return {"name": name, "rows": count, "as": "files/ and thumbnails/"}
    return {"name": name, "rows": count, "as": _path_of(name), "sha256": digest}


def _path_of(table: str) -> str:
    return f"tables/{table}.jsonl"


def _count(connection: Connection, account_id: UUID, table: Table) -> int:
    found = connection.execute(SQL("SELECT count(*)") + rows_of(table), {"account": account_id}).fetchone()
    assert found is not None
    return int(found[0])


def _write_table(
    connection: Connection, account_id: UUID, archive: zipfile.ZipFile, table: Table, counter: Counter
) -> str:
    """Write a table's rows in the order of its key, and return the SHA-256 of the file."""
    columns, key = ([*map(Identifier, names)] for names in (columns_of(table), table.primary_key.columns.keys()))
    ordered = SQL("SELECT {}").format(SQL(", ").join(columns)) + rows_of(table)
    query = SQL("SELECT row_to_json(one)::text FROM ({} ORDER BY {}) one").format(ordered, SQL(", ").join(key))
    digest = hashlib.sha256()
    with _entry(archive, _path_of(table.name)) as file, connection.cursor(name="exported_rows") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        for (line,) in cursor.execute(query, {"account": account_id}):
            written = f"{line}\n".encode()
            digest.update(written)
            file.write(written)
            counter.add(1)
    return digest.hexdigest()


def _write_files(
    connection: Connection, account_id: UUID, archive: zipfile.ZipFile, exported: Exported, counter: Counter
) -> None:
    query = (
        "SELECT c.attachment_id, c.is_thumbnail, a.name, c.content FROM attachment_chunks c"
        " JOIN attachments a ON a.account_id = c.account_id AND a.id = c.attachment_id"
        " WHERE c.account_id = %s AND a.account_id = %s"
        " ORDER BY c.attachment_id, c.is_thumbnail, c.position"
    )
    path, file = "", None
    with connection.cursor(name="exported_files") as cursor:
        cursor.itersize = _CHUNKS_AT_ONCE
        for attachment_id, is_thumbnail, name, content in cursor.execute(query, (account_id, account_id)):
            belongs_to = f"thumbnails/{attachment_id}" if is_thumbnail else f"files/{attachment_id}/{_safe(name)}"
            if belongs_to != path:
                if file is not None:
                    file.close()
                path, file = belongs_to, _entry(archive, belongs_to)
                exported.files += not is_thumbnail
            assert file is not None
            file.write(content)
            exported.bytes += 0 if is_thumbnail else len(content)
            counter.add(1)
    if file is not None:
        file.close()


def _entry(archive: zipfile.ZipFile, path: str) -> IO[bytes]:
    # Its size is not known before it is written, and may be more than 4 GiB.
    return archive.open(path, "w", force_zip64=True)


def _safe(name: str) -> str:
    """A person's name for a file, so that any system can unpack it into its own folder."""
    return _UNSAFE.sub("_", name).strip(". ")[-150:] or "file"
