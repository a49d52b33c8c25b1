from __future__ import annotations

import os
from pathlib import Path

import pytest

from factory.environment.included import digest
from factory.environment.installed import stamp
from factory.sandbox import Bind, Environment

COMMAND = "CI=1 checker --version"


def machine(folder: Path) -> Environment:
    """A tool and its packages, mounted elsewhere in the sandbox."""
    (folder / "bin").mkdir()
    (folder / "bin/checker").write_text("#!/bin/sh\necho 1.0\n")
    (folder / "lib/python3.11/site-packages").mkdir(parents=True)
    return Environment(binds=(Bind(host=str(folder), inside="/env"),), path=("/env/bin",))


def test_a_tool_that_stays_keeps_its_stamp(tmp_path: Path) -> None:
    environment = machine(tmp_path)
    before = stamp(COMMAND, environment)
    (tmp_path / "bin/checker").read_text()
    assert stamp(COMMAND, environment) == before


def test_a_tool_that_is_edited_in_place_gets_another(tmp_path: Path) -> None:
    environment = machine(tmp_path)
    before = stamp(COMMAND, environment)
    path = tmp_path / "bin/checker"
    path.write_text("#!/bin/sh\necho 1.1\n")
    os.utime(path, ns=(1, 1))
    assert stamp(COMMAND, environment) != before


def test_a_package_that_is_installed_anew_counts(tmp_path: Path) -> None:
    environment = machine(tmp_path)
    before = stamp(COMMAND, environment)
    (tmp_path / "lib/python3.11/site-packages/checker-2.dist-info").mkdir()
    assert stamp(COMMAND, environment) != before


def test_a_tool_that_the_command_does_not_name_does_not_count(tmp_path: Path) -> None:
    environment = machine(tmp_path)
    (tmp_path / "bin/other").write_text("1")
    before = stamp(COMMAND, environment)
    (tmp_path / "bin/other").write_text("2")
    assert stamp(COMMAND, environment) == before


def write_own(folder: Path) -> None:
    (folder / ".env").write_text("KEY=1\n")
    (folder / "notes.txt").write_text("mine\n")


def test_included_files_are_summed_up_by_every_byte_of_them(tmp_path: Path) -> None:
    write_own(tmp_path)
    before = digest(".env\n", tmp_path)
    assert before == digest(".env\n", tmp_path)
    (tmp_path / ".env").write_text("KEY=2\n")
    assert digest(".env\n", tmp_path) != before
    (tmp_path / ".env").write_text("KEY=1\n")
    assert digest(".env\n", tmp_path) == before
    (tmp_path / ".env").chmod(0o755)
    assert digest(".env\n", tmp_path) != before


@pytest.mark.parametrize("patterns", ["", "# nothing\n", "\n"])
def test_without_patterns_there_is_nothing_to_sum_up(tmp_path: Path, patterns: str) -> None:
    write_own(tmp_path)
    assert digest(patterns, tmp_path) == ""


def test_files_that_are_not_included_do_not_count(tmp_path: Path) -> None:
    write_own(tmp_path)
    before = digest(".env\n", tmp_path)
    (tmp_path / "notes.txt").write_text("others\n")
    assert digest(".env\n", tmp_path) == before


def test_of_a_large_file_size_and_time_count(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(bytes(2 << 20))
    os.utime(path, (1, 1))
    before = digest("*.bin\n", tmp_path)
    os.utime(path, (2, 2))
    assert digest("*.bin\n", tmp_path) != before
