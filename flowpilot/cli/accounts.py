"""`flowpilot account | user | key`: access, for the operator."""

import sys
import uuid
from typing import Annotated

import typer

from flowpilot.cli import offboarding
from flowpilot.cli.common import AccountOption, JsonOption, print_created
from flowpilot.cli.connection import new_database, require_account, run
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.errors import InvalidError
from flowpilot.flows.importing import install_shipped
from flowpilot.identity import members, passwords
from flowpilot.identity.actor import Role
from flowpilot.identity.keys import create_key

account_app = typer.Typer(help="Manage accounts (the tenants).", no_args_is_help=True)
user_app = typer.Typer(help="Manage people.", no_args_is_help=True)
key_app = typer.Typer(help="Manage API keys.", no_args_is_help=True)

RoleOption = Annotated[Role, typer.Option("--role", help="Its permissions.")]


def register(app: typer.Typer) -> None:
    """Add the groups to the command line."""
    offboarding.add_to(account_app)
    app.add_typer(account_app, name="account")
    app.add_typer(user_app, name="user")
    app.add_typer(key_app, name="key")


@account_app.command("create")
def create_account(
    name: str,
    timezone: Annotated[str, typer.Option(help="Its IANA time zone, such as Europe/Vienna.")] = "UTC",
    library: Annotated[
        bool, typer.Option("--library/--no-library", help="Also publish the flows that ship with FlowPilot.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Create an account and print its id."""
    account_id = new_id()

    async def work(database: Database) -> None:
        async with database.write(account_id) as db:
            await members.create_account(db, account_id, name, timezone, now())
            if library:
                await install_shipped(db, account_id, None, now())

    run(work, new_database)
    print_created(as_json, str(account_id), id=account_id, name=name, timezone=timezone)


@user_app.command("create")
def create_user(
    email: str,
    account: AccountOption,
    role: RoleOption,
    name: Annotated[str, typer.Option(help="Name that colleagues see.")] = "",
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the new person's password from standard input."),
    ] = False,
    known: Annotated[
        bool,
        typer.Option(
            "--known",
            help="The person belongs to another account already, and you are certain who has the password.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add a person to an account, and print their id. A known person keeps their name and password."""
    if known and (password_stdin or name):
        raise InvalidError(
            "With --known the person keeps their name and password. Leave out --name and --password-stdin."
        )
    password = _password() if password_stdin else None

    async def work(database: Database) -> uuid.UUID:
        await require_account(database, account)
        if known:
            async with database.write(account) as db:
                return await members.add_known_member(db, account, None, email, role, now())
        password_hash = None if password is None else await passwords.new_hash(password)
        async with database.write(account) as db:
            return await members.add_new_member(
                db, account, email, role, now(), name=name, password_hash=password_hash
            )

    user_id = run(work)
    print_created(as_json, str(user_id), id=user_id, email=email, account_id=account, role=role)


@user_app.command("password")
def set_password(
    email: str,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Set a new password for a person who cannot sign in."""
    if not password_stdin:
        raise InvalidError("Pass the new password on standard input, with --password-stdin.")
    password = _password()

    async def work(database: Database) -> None:
        await passwords.reset(database, email, password, now())

    run(work)


@key_app.command("create")
def make_key(
    account: AccountOption,
    role: RoleOption,
    user: Annotated[str | None, typer.Option(help="E-mail of the member that the key acts as.")] = None,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires_days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Create an API key and print it, this once. Without --user it acts as an integration user of its own."""

    async def work(database: Database) -> tuple[uuid.UUID, uuid.UUID, str]:
        await require_account(database, account)
        async with database.write(account) as db:
            user_id = None if user is None else await members.member_by_email(db, account, user)
            key, secret = await create_key(
                db, account, None, role, now=now(), name=name, user_id=user_id, expires_days=expires_days
            )
            return key.id, key.user_id, secret

    key_id, user_id, secret = run(work)
    print_created(as_json, secret, id=key_id, key=secret, account_id=account, role=role, user_id=user_id)


def _password() -> str:
    # Python has no standard input if the caller closed it.
    if sys.stdin is None:
        raise InvalidError("Standard input is closed. Pass the password there.")
    try:
        password = sys.stdin.readline().rstrip("\r\n")
        password.encode()
    except UnicodeError as error:
        raise InvalidError("The password is not UTF-8 text.") from error
    return password
