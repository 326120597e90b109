"""`wardmap …`: the same actions without a browser. A command's module is loaded when the command is run."""

import importlib
import sys

import click

from app.errors import DomainError

COMMANDS = {
    "account": "app.cli.account:account",
    "area": "app.cli.area:area",
    "backup": "app.cli.backup:backup",
    "db": "app.cli.database:database",
    "import": "app.cli.imports:import_",
    "journal": "app.cli.journal:journal",
    "person": "app.cli.person:person",
    "privacy": "app.cli.privacy:privacy",
    "restore": "app.cli.backup:restore",
    "retention": "app.cli.retention:retention",
    "up": "app.cli.serve:up",
    "worker": "app.cli.worker:worker",
}


class Commands(click.Group):
    """The commands by name; loading all of them would double the time that a start takes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """守望图 Wardmap：街道、社区与楼栋的责任区地图。"""


def main() -> None:
    """Run a command; what a person can act on is one sentence, not a trace."""
    try:
        commands.main(standalone_mode=True)
    except DomainError as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(2)
