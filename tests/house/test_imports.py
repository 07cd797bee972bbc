"""Who may import whom; what import-linter's layers cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house import PROJECT, python_files

# They start the other parts as processes of their own, or load a command when it is asked for.
MAY_USE_THE_SUPERVISOR = ("app.supervisor", "app.demo", "app.commands", "app.bench")


def module_of(file: Path) -> str:
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports() -> Iterator[tuple[str, str]]:
    """Every import inside the product: who, and what."""
    for file in python_files("app"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((module_of(file), alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    yield module_of(file), f"{node.module}.{alias.name}"


def is_in(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_the_layers_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_no_import_is_relative() -> None:
    relative = [
        f"{file.relative_to(PROJECT)}:{node.lineno}"
        for file in python_files("app")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_the_simulators_know_nothing_of_the_product_and_the_product_nothing_of_them() -> None:
    wrong = [
        f"{who} imports {what}"
        for who, what in imports()
        if is_in(what, "app") and is_in(who, "app.simulators") != is_in(what, "app.simulators")
    ]
    assert wrong == []


def test_only_what_starts_servers_uses_the_supervisor() -> None:
    wrong = [
        f"{who} imports {what}"
        for who, what in imports()
        if is_in(what, "app.supervisor") and not is_in(who, *MAY_USE_THE_SUPERVISOR)
    ]
    assert wrong == []


def test_the_supervisor_needs_nothing_of_the_product() -> None:
    wrong = [
        f"{who} imports {what}"
        for who, what in imports()
        if is_in(who, "app.supervisor") and is_in(what, "app") and not is_in(what, "app.supervisor")
    ]
    assert wrong == []


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        f"{file.relative_to(PROJECT)}:{node.lineno}"
        for file in python_files("app")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_only_the_ledger_writes_movements_and_balances() -> None:
    """The words INSERT and UPDATE beside these tables belong to the core's books alone."""
    tables = ("posting", "balance", "tally")
    wrong = []
    for file in python_files("app"):
        if is_in(module_of(file), "app.inventory", "app.bench", "app.migrations", "app.simulators"):
            continue
        text = " ".join(file.read_text().split()).lower()
        for table in tables:
            for words in (f"insert into {table}", f"update {table} set", f"delete from {table}"):
                if f"{words} " in f"{text} ":
                    wrong.append(f"{file.relative_to(PROJECT)}: {words}")
    assert wrong == []


def test_whoever_answers_knows_the_words_of_every_discrepancy() -> None:
    """A kind is known where its room is imported; of one that is not, people would read the key."""
    rooms = {who for who, what in imports() if what == "app.inventory.kinds.Kind"}
    look = "import sys, {0}; print('\\n'.join(sys.modules))"
    for process in ("app.web", "app.jobs"):
        command = [sys.executable, "-c", look.format(process)]
        loaded = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
        assert rooms - set(loaded.stdout.split()) == set(), process
