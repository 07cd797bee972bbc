"""The operator's commands. Each is loaded when it is asked for, so that `--help` answers at once."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

from app.config import WrongSettings

EXIT_CODES = """\b
Exit codes, the same for every command:
  0  done, and nothing is wrong
  1  done, and something is wrong (findings, failed checks, dead messages)
  2  wrong usage: an unknown command, option or value
  3  wrong or missing settings; each is named
  4  a part could not be reached: PostgreSQL, Redis, Shopify or Amazon
  5  refused: what was asked cannot be done as things stand
"""

COMMANDS = {
    "serve": ("app.commands.serve", "Serve the web process."),
    "worker": ("app.commands.worker", "Run jobs from the queue."),
    "clock": ("app.commands.clock", "Ring for what time makes due."),
    "migrate": ("app.commands.upkeep", "Bring the database to this version."),
    "audit": ("app.commands.upkeep", "Check the books; report what must not be."),
    "reconcile": ("app.commands.upkeep", "Match papers from ordered to paid."),
    "months": ("app.commands.months", "List the months of movements, or move old ones away."),
    "doctor": ("app.commands.doctor", "Check settings, servers and connections."),
    "keys": ("app.commands.upkeep", "Make an encryption key, or seal secrets with the newest."),
    "openapi": ("app.commands.upkeep", "Print the HTTP API as OpenAPI."),
    "sync": ("app.commands.border", "Do now whatever is due with Shopify and Amazon."),
    "import": ("app.commands.import_", "Import a shop's catalogue again."),
    "replay": ("app.commands.border", "Handle dead messages again."),
    "exit": ("app.commands.exit_", "Give back all holds in a store, and take the file along."),
    "demo": ("app.commands.demo", "Start the whole product with sample data."),
    "bench": ("app.commands.bench", "Measure ingestion and posting."),
}


class OnDemand(click.Group):
    """A group whose commands are imported one by one, when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _summary = COMMANDS[cmd_name]
        # What is loaded stays to the end. To look for rubbish in it, again and again while it grows,
        # takes a sixth of the start.
        gc.disable()
        command = getattr(import_module(module), f"{cmd_name}_command")
        gc.freeze()
        gc.enable()
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=OnDemand, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES
)
@click.version_option(package_name="holdfast")
def main() -> None:
    """Holdfast: one stock ledger for a brand that sells to Amazon and direct on Shopify.

    Settings come from the environment; `holdfast doctor` names each that is missing or wrong.
    """


def run() -> None:
    """The entry point: as `main`, with wrong settings told apart from other failures."""
    try:
        main(prog_name="holdfast")
    except WrongSettings as wrong:
        click.echo(str(wrong), err=True)
        sys.exit(3)


if __name__ == "__main__":
    run()
