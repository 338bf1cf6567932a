"""Every command by name, in the order of the help; a command's module is imported when it is called."""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class _Entry(NamedTuple):
    module: str
    help: str


# The help is repeated beside each command. It is here so that `flowpilot --help` imports no feature.
_COMMANDS = {
    "serve": _Entry("serving.command", "Serve FlowPilot until stopped."),
    "worker": _Entry(
        "worker",
        "Run jobs (notifications, leases, idle sessions) until stopped, beside servers started with --no-worker.",
    ),
    "doctor": _Entry("doctor", "Check the installation, and say how to mend what is wrong."),
    "demo": _Entry("demo", "Serve FlowPilot with two demo accounts. A second run keeps their data."),
    "import": _Entry("importing.command", "Import logs of other systems."),
    "report": _Entry("reports", "Print a report."),
    "account": _Entry("accounts", "Manage accounts (the tenants)."),
    "user": _Entry("accounts", "Manage people."),
    "key": _Entry("accounts", "Manage API keys."),
    "flow": _Entry("flows", "Manage an account's flows, which guide engineers."),
    "notify": _Entry("notify", "Check notifications."),
    "psa": _Entry("psa", "Check the ticket system, and what has arrived there."),
    "db": _Entry("database", "Manage the database."),
}


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and help, and loads one when it is called."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for name, entry in _COMMANDS.items():
            self.add_command(TyperCommand(name, help=entry.help))

    @staticmethod
    def module_of(name: str) -> str:
        """The module of a command."""
        return f"flowpilot.cli.{_COMMANDS[name].module}"

    def load_all(self) -> "LazyGroup":
        """The same with every command loaded, for those who describe the whole."""
        self.commands = {name: self.load(name) for name in self.commands}
        return self

    def load(self, name: str) -> Any:
        """A command with its parameters, or with the commands below it."""
        part = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
        import_module(self.module_of(name)).register(part)
        return get_group(part).commands[name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was called, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else self.load(name), rest
