"""The documents say what the code says: keys, verbs, exit codes, commands, links, versions."""

from __future__ import annotations

import argparse
import itertools
import os
import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from factory.globs import matches
from tui import command, keys

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DEMO = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . "
    "&& .venv/bin/factory-tui demo"
)
TESTS = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[dev]' "
    "&& .venv/bin/python -m pytest"
)


def keys_table() -> str:
    """The registry as README has it: a row for each place."""
    rows = ["| where | keys |", "| --- | --- |"]
    for where in keys.Where:
        own = [action for action in keys.REGISTRY if action.where is where]
        cells = [f"{_keys(action)} {action.name}" for action in own]
        rows.append(f"| {where} | {' · '.join(cells)} |")
    return "\n".join(rows)


def _keys(action: keys.Action) -> str:
    return " ".join(f"`{keys.shown(key)}`" for key in action.keys).replace("|", "\\|")


def test_readme_has_the_keys_of_the_registry() -> None:
    between = re.search(r"<!-- keys:.*?-->\n(.*?)<!-- end of keys -->", README, re.DOTALL)
    assert between is not None
    assert between[1] == f"\n{keys_table()}\n\n", "put this there:\n" + keys_table()


@pytest.mark.parametrize("line", [DEMO, TESTS])
def test_readme_has_each_of_its_two_commands_as_a_line_to_copy(line: str) -> None:
    assert f"```sh\n{line}\n```" in README


def test_ci_runs_what_readme_says() -> None:
    run = (ROOT / ".ci" / "run").read_text()
    install, _, tests = TESTS.partition(" && ")[2].partition(" && ")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert install.removeprefix(".venv/bin/pip install -q ") in run
    assert f"check {tests.removeprefix('.venv/bin/')}\n" in run


def verbs() -> dict[str, argparse.ArgumentParser]:
    parser = command._parser()
    found = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(found[0].choices)


def test_the_command_lines_page_has_every_verb_and_option() -> None:
    short = ("-h", "-m", "-n", "-f")  # what each stands for is named
    missing = [
        f"{verb} {word}"
        for verb, parser in verbs().items()
        for word in (verb, *itertools.chain(*(a.option_strings for a in parser._actions)))
        if word not in (*short, "--help", "--lines", "--file", "--follow", "--until-idle")
        if not re.search(rf"(?<![\w-]){word}(?![\w-])", COMMAND_LINE)
    ]
    assert missing == []


def test_the_command_lines_page_has_the_exit_codes() -> None:
    codes = re.findall(r"^ {2}(\d+) | {3,}(\d+) ", command.EXIT_CODES, re.MULTILINE)
    listed = re.findall(r"^\| (\d+) \|", COMMAND_LINE, re.MULTILINE)
    assert listed == ["".join(code) for code in codes]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
    inner = [unquote(target) for target in targets if "://" not in target]
    assert [target for target in inner if not (document.parent / target).exists()] == []


def test_the_documents_name_files_that_exist() -> None:
    """A word in backticks that looks like one of our files is one."""
    missing = [
        f"{document.name}: {name}"
        for document in DOCUMENTS
        for name in re.findall(r"`((?:factory|tui|tests|docs)/[\w/.*-]+)`", document.read_text())
        if not any(ROOT.glob(name.rstrip("/")))
    ]
    assert missing == []


def test_decisions_are_numbered_once_each() -> None:
    names = [path.name for path in (ROOT / "docs" / "decisions").iterdir()]
    numbers = [name[:3] for name in names]
    assert len(set(numbers)) == len(numbers)
    assert all(matches(name, ("[0-9][0-9][0-9]-*.md",)) for name in names)


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in pinned), pinned
    return {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in pinned}


def test_every_requirement_has_a_version_that_it_is_tested_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = constraints()
    for text in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        wanted = Requirement(text)
        assert pinned[canonicalize_name(wanted.name)] in wanted.specifier, text
