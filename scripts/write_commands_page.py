"""Writes docs/commands.md from the commands' own help.

    python scripts/write_commands_page.py [--check]

With --check nothing is written; it exits 1 when the page no longer says what the commands say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from app.cli import main as holdfast

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
WIDTH = 78
OPENING = """# Commands

Every command explains itself with `--help`; this page is that text.
"""


def page() -> str:
    """The whole page."""
    context = click.Context(
        holdfast, info_name="holdfast", terminal_width=WIDTH, **holdfast.context_settings
    )
    parts = [OPENING]
    for each in commands(context):
        parts.append(f"## {each.command_path}\n\n```\n{each.get_help().strip()}\n```\n")
    return "\n".join(parts)


def commands(group: click.Context) -> Iterator[click.Context]:
    """Every command below a group, in the group's order, those of groups within it included."""
    assert isinstance(group.command, click.Group)
    for name in group.command.list_commands(group):
        command = group.command.get_command(group, name)
        assert command
        context = click.Context(command, info_name=name, parent=group, **command.context_settings)
        yield context
        if isinstance(command, click.Group):
            yield from commands(context)


def main() -> None:
    """Writes or checks the page."""
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE.name} is not what the commands say; run scripts/write_commands_page.py")


if __name__ == "__main__":
    main()
