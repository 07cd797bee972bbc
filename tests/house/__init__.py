"""Tests of the house itself: what the repository says, who imports whom, what the docs cover."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
MADE_HERE = {
    ".git",
    ".venv",
    ".holdfast",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "__pycache__",
    "bench-results",
    "build",
    "dist",
    "node_modules",
    "static",
    "test-results",
}


def repository_files() -> list[Path]:
    """Every file of the repository; without git, every file that was not made by running it."""
    if shutil.which("git"):
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if listed.returncode == 0 and listed.stdout:
            files = [PROJECT / name for name in listed.stdout.split("\0") if name]
            return [file for file in files if file.is_file()]
    return [
        file
        for file in PROJECT.rglob("*")
        if file.is_file() and not MADE_HERE & set(file.relative_to(PROJECT).parts)
    ]


def python_files(*folders: str) -> list[Path]:
    """The Python files of the repository below these folders."""
    return [
        file
        for file in repository_files()
        if file.suffix == ".py" and file.relative_to(PROJECT).parts[0] in folders
    ]
