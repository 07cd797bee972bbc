"""The repository speaks of the product alone and can be installed from anywhere."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

from tests.house import PROJECT, python_files, repository_files

# Put together here, as this file is searched as well.
HOSTS_OF_REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "registry.yarnpkg" + ".com",
    "npmmirror" + ".com",
    "deb.debian" + ".org",
]
PLACES_OF_ONE_MACHINE = ["/work" + "/", "/root" + "/", "../shared" + "/", "/home" + "/"]
ABBREVIATIONS = {"qty", "po", "pos", "amt", "inv", "ack", "asn", "wh"}
# Shapes of requests and answers, which the API's description explains; and what is not the product.
SAID_BY_THEIR_NAMES = {"views.py", "overview", "versions"}
SAID_BY_THEIR_NAMES |= {"simulators"}
TEXT = {"", ".py", ".ts", ".tsx", ".mjs", ".js", ".json", ".md", ".toml", ".txt", ".in", ".css"}
TEXT |= {".html", ".sql", ".graphql", ".yml", ".yaml", ".mako", ".sh", ".cfg", ".ini", ".svg"}


def text_files() -> list[tuple[str, str]]:
    return [
        (str(file.relative_to(PROJECT)), file.read_text(encoding="utf-8"))
        for file in repository_files()
        if file.suffix in TEXT
    ]


def test_no_file_names_the_server_of_a_package_registry() -> None:
    found = [
        f"{name}: {host}"
        for name, text in text_files()
        for host in HOSTS_OF_REGISTRIES
        if host in text
    ]
    assert found == []


def test_no_file_names_a_place_on_one_machine() -> None:
    found = [
        f"{name}: {place}"
        for name, text in text_files()
        for place in PLACES_OF_ONE_MACHINE
        # The same letters may be part of an address, as in https://example.com/home/.
        if re.search(rf"(?<![\w.\-/}}$]){re.escape(place)}", text)
    ]
    assert found == []


def test_every_python_package_is_pinned_with_its_hashes() -> None:
    for name in ("requirements-setup.txt", "requirements.txt", "requirements-dev.txt"):
        text = (PROJECT / name).read_text()
        pins = [line for line in text.splitlines() if line and not line.startswith(" ")]
        assert pins
        for pin in pins:
            assert re.match(r"[a-z0-9._-]+(\[[\w,]+\])?==[^ ]+ .*\\$", pin), f"{name}: {pin}"
        assert text.count("--hash=sha256:") >= len(pins)


def test_the_pinned_packages_are_those_the_project_asks_for() -> None:
    asked = (PROJECT / "pyproject.toml").read_text()
    pinned = (PROJECT / "requirements-dev.txt").read_text()
    for name, version in re.findall(r'"([a-z0-9-]+)(?:\[[^\]]*\])?==([^"]+)"', asked):
        assert re.search(rf"^{name}(\[.*\])?=={re.escape(version)} ", pinned, re.MULTILINE), (
            f"{name} {version} is asked for but not pinned; run make lock"
        )


def test_the_lock_file_of_the_screens_names_no_server() -> None:
    packages = json.loads((PROJECT / "frontend" / "package-lock.json").read_text())["packages"]
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_every_script_can_be_run() -> None:
    scripts = [
        file
        for file in repository_files()
        if file.suffix in {"", ".py", ".sh"} and file.read_bytes().startswith(b"#!")
    ]
    assert PROJECT / ".ci" / "run" in scripts
    assert [str(file) for file in scripts if not file.stat().st_mode & 0o100] == []
    for file in scripts:
        if b"bash" in file.read_bytes().partition(b"\n")[0]:
            subprocess.run(["bash", "-n", file], check=True)


def test_every_command_of_make_is_explained() -> None:
    text = (PROJECT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*## \w+", text, re.MULTILINE), target


def test_every_module_says_in_a_sentence_what_it_is() -> None:
    def first_line(file: Path) -> str:
        docstring = ast.get_docstring(ast.parse(file.read_text()))
        return docstring.splitlines()[0] if docstring else ""

    wrong = {
        str(file.relative_to(PROJECT)): first_line(file)
        for file in python_files("app")
        if file.read_text().strip() and not re.search(r"\w[.!?]?$|[.\"”]$", first_line(file))
    }
    assert wrong == {}


def test_every_public_function_of_the_product_says_what_it_guarantees() -> None:
    silent = [
        f"{file.relative_to(PROJECT)}: {node.name}"
        for file in python_files("app")
        if not SAID_BY_THEIR_NAMES & {file.name, *file.parts}
        and not file.name.endswith("routes.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_names_are_written_out() -> None:
    found = []
    for file in python_files("app", "scripts"):
        for node in ast.walk(ast.parse(file.read_text())):
            for name in _names_given_by(node):
                if ABBREVIATIONS & set(name.lower().split("_")):
                    found.append(f"{file.relative_to(PROJECT)}:{getattr(node, 'lineno', 0)} {name}")
    assert found == []


def _names_given_by(node: ast.AST) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
            return [name]
        case ast.Name(id=name, ctx=ast.Store()):
            return [name]
    return []
