"""Each layer of the sandbox holds something that no other one does: without it, a probe gets out.

That all of them hold together is tried by `python -m tests.trust escapes`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Collection
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory.sandbox import bubblewrap, containment, machine, seccomp
from factory.sandbox.containment import Level
from factory.sandbox.escapes import suite
from factory.sandbox.escapes.suite import Sign
from factory.wire import Escape
from tests.shell import Shell
from tui.commands import escapes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")

HOME = str(Path.home())
KEYS = ("keyring", "key_added", "io_ring", "machine_socket")
BY_NAME = ("abstract_socket", "abstract_display", "abstract_datagram")
PROCESS_1 = ("process_1_written", "process_1_traced")
KERNEL = ("kernel_settings", "kernel_switches")


def out(profile: str, only: Collection[str]) -> set[str]:
    """Which of these probes get out."""
    tried = asyncio.run(suite.attempt(profile, only=only))
    assert len(tried) == len(only)
    return {one.probe.name for one in tried if one.sign is Sign.ESCAPED}


def possible(only: Collection[str]) -> set[str]:
    """Which of them could get out on this machine: those that do where there is no sandbox."""
    tried = asyncio.run(suite.attempt("tools", contained=False, only=only))
    return {one.probe.name for one in tried if one.sign is Sign.ESCAPED}


def weaken(monkeypatch: pytest.MonkeyPatch, without: str, instead: tuple[str, ...]) -> None:
    """Have bubblewrap told something else in the place of an option; or besides all of them."""
    whole = bubblewrap.arguments

    def weaker(*args: object, **kwargs: object) -> list[str]:
        words = whole(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came
        at = words.index(without) if without else len(words)
        return [*words[:at], *instead, *words[at + 1 :]]

    monkeypatch.setattr(bubblewrap, "arguments", weaker)


def test_every_probe_says_what_it_tries() -> None:
    probes = suite.probes()
    assert len(probes) >= 60
    assert len({one.name for one in probes}) == len(probes)
    assert [one.name for one in probes if not one.tries or one.tries.endswith(".")] == []


def test_without_the_filter_keys_rings_and_the_host_of_the_machine_are_within_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert out("tools", KEYS) == set()
    monkeypatch.setattr(bubblewrap, "filtered", lambda *_: b"")
    assert out("tools", KEYS) == possible(KEYS) != set()


@pytest.mark.skipif(os.geteuid() != 0, reason="the kernel's settings are root's anyway")
def test_as_root_without_a_cover_the_kernels_settings_could_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert out("gate", KERNEL) == set()
    monkeypatch.setattr(bubblewrap, "_proc", lambda _: ["--proc", "/proc"])
    assert out("gate", KERNEL) == set(KERNEL)


def test_process_1_is_out_of_reach_by_its_cover_and_by_the_filter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert out("tools", PROCESS_1) == set()
    monkeypatch.setattr(bubblewrap, "_proc", lambda _: ["--proc", "/proc"])
    monkeypatch.setattr(bubblewrap, "filtered", lambda *_: b"")
    assert "process_1_written" in out("tools", PROCESS_1)


@pytest.mark.parametrize("scopes", [True, False])
def test_with_the_network_come_no_sockets_that_have_a_name_and_no_file(
    monkeypatch: pytest.MonkeyPatch, scopes: bool
) -> None:
    if scopes and not bubblewrap.look().scopes:
        pytest.skip("this kernel has no Landlock of that kind")
    monkeypatch.setattr(machine, "_scopes", lambda: scopes)
    assert out("cli", BY_NAME) == set()
    assert out("setup", BY_NAME) == set()


def test_without_either_way_of_holding_them_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_scopes", lambda: True)
    monkeypatch.setattr(bubblewrap, "_scoping", lambda *_: [])
    assert out("cli", BY_NAME) == set(BY_NAME)
    assert out("tools", BY_NAME) == set(), "without the network they are not there at all"


def test_with_nothing_but_what_is_planted_to_go_for_most_probes_get_out_where_nothing_holds() -> (
    None
):
    tried = asyncio.run(suite.attempt("tools", contained=False))
    assert sum(one.sign is Sign.ESCAPED for one in tried) >= 40


@pytest.mark.parametrize(
    ("without", "instead", "fault"),
    [
        (
            "--unshare-all",
            ("--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup"),
            "processes of the host",
        ),
        ("", ("--share-net",), "server on the host's loopback"),
        ("--disable-userns", (), "user namespace"),
        ("", ("--cap-add", "ALL"), "capabilities"),
        ("", ("--ro-bind", HOME, HOME), "whether this machine's own home"),
        ("", ("--ro-bind", "/dev", "/dev"), "devices of the machine"),
    ],
)
def test_the_few_probes_of_every_start_find_a_sandbox_that_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, without: str, instead: tuple[str, ...], fault: str
) -> None:
    assert asyncio.run(suite.probe()).level is Level.BUBBLEWRAP
    weaken(monkeypatch, without, instead)
    found = asyncio.run(suite.probe())
    assert found.level is Level.NONE
    assert fault in found.sentence


def test_what_could_not_be_tried_is_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "_BOOT", "raise SystemExit(3)")
    found = asyncio.run(suite.probe())
    assert found.level is Level.NONE
    assert "was not to be found out" in found.sentence
    tried = asyncio.run(suite.attempt("tools", only=("ssh_key",)))
    assert [one.sign for one in tried] == [Sign.UNTRIED]


def test_a_sandbox_that_cannot_stand_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: None)
    assert asyncio.run(suite.probe()).sentence == containment.missing()


# --- doctor --sandbox ----------------------------------------------------------------------


def rows(*signs: str) -> tuple[Escape, ...]:
    return tuple(
        Escape(name=f"p{number}", tries="x", found=(("tools", sign),))
        for number, sign in enumerate(signs)
    )


def test_doctor_tries_every_way_out_in_every_profile(tmp_path: Path) -> None:
    said = Shell(tmp_path)("doctor", "--sandbox", "--json")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert len(found) == len(suite.probes())
    assert [name for name, _sign in found[0]["found"]] == list(suite.PROFILES)
    signs = {sign for row in found for _profile, sign in row["found"]}
    assert signs <= {"held", "granted", "untried"}


def test_one_way_out_is_one_too_many() -> None:
    assert escapes.problems(rows(*["held"] * 60)) == ()
    (problem,) = escapes.problems(rows(*["held"] * 60, "escaped"))
    assert problem.startswith("tools: 1 way out")


def test_a_suite_that_could_try_little_shows_nothing() -> None:
    (problem,) = escapes.problems(rows(*["held"] * 59, *["untried"] * 9))
    assert problem.startswith("tools: only 59 probes could be tried")


# --- the filter ----------------------------------------------------------------------------


def test_there_is_a_filter_for_two_kinds_of_processors() -> None:
    for name in ("x86_64", "aarch64"):
        program = seccomp.program(name)
        assert len(program) % 8 == 0
        assert len(program) // 8 < 4096
    assert seccomp.program("riscv64") == b""
    assert seccomp.program("x86_64", unix=False) != seccomp.program("x86_64")


def test_doctor_says_where_there_is_no_filter() -> None:
    from factory.sandbox.profiles import gate

    other = replace(bubblewrap.look(), architecture="riscv64")
    assert "filter of system calls: none for riscv64" in bubblewrap.describe(
        gate("/t", "/r"), other
    )
