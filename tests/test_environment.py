"""Environments are built once, whole or not at all; included files stay inside both trees."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess  # noqa: TID251 - an engine that can be killed must be a process of its own
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory import environment, sandbox
from factory.config import EnvironmentSpec
from factory.environment import Environments, SetupError, ports
from factory.git import folders
from factory.model import FactoryError
from factory.sandbox.registries import registries

linux = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")

LOCK = {"requirements.txt": b"iniconfig==2.0\n"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "requirements.txt").write_text("iniconfig\n")
    return folder


@pytest.fixture
def places(tmp_path: Path) -> Environments:
    return Environments(tmp_path / "environments", tools="test")


def setup(*commands: str) -> EnvironmentSpec:
    return EnvironmentSpec(setup=commands, inputs=("requirements.txt",))


def said(profile: sandbox.Profile, command: str) -> str:
    out: list[bytes] = []
    asyncio.run(sandbox.run(profile, command, on_output=out.append))
    return b"".join(out).decode().strip()


# --- environments --------------------------------------------------------------------------


def test_the_key_changes_with_everything_an_environment_is_made_from() -> None:
    spec = setup("make")
    same = environment.key(spec, LOCK, "python 3.11")
    assert same == environment.key(spec, dict(LOCK), "python 3.11")
    others = [
        environment.key(spec, {"requirements.txt": b"iniconfig==2.1\n"}, "python 3.11"),
        environment.key(spec, {"other.txt": LOCK["requirements.txt"]}, "python 3.11"),
        environment.key(spec, LOCK, "python 3.12"),
        environment.key(setup("make", "make install"), LOCK, "python 3.11"),
        environment.key(replace(spec, env=(("A", "b"),)), LOCK, "python 3.11"),
        environment.key(replace(spec, toolchain=("/opt/go",)), LOCK, "python 3.11"),
    ]
    assert len({same, *others}) == 7


def test_a_project_without_setup_is_ready_at_once_and_has_a_key_all_the_same(
    places: Environments, checkout: Path
) -> None:
    spec = EnvironmentSpec(toolchain=("/opt", "~/.go"), path=("~/.go/bin",), env=(("A", "~/b"),))
    ready = places.known(spec, {})
    assert ready is not None
    assert ready == asyncio.run(places.ready(spec, checkout, {}))
    assert ready.key == places.key(spec, {})
    assert ready.environment.path == ("/env/bin", f"{Path.home()}/.go/bin")
    assert [bind.inside for bind in ready.environment.binds] == ["/opt", f"{Path.home()}/.go"]
    assert ready.environment.env == (("A", f"{Path.home()}/b"),)


@linux
def test_setup_runs_once_however_many_ask_and_its_result_cannot_be_changed(
    places: Environments, checkout: Path, tmp_path: Path
) -> None:
    spec = setup("echo run >> /cache/count", "mkdir /env/bin", "cp requirements.txt /env/made")

    async def twice() -> list[environment.Ready]:
        return await asyncio.gather(*(places.ready(spec, checkout, LOCK) for _ in range(4)))

    assert places.known(spec, LOCK) is None
    first, *rest = asyncio.run(twice())
    assert rest == [first] * 3
    assert places.known(spec, LOCK) == first
    assert (tmp_path / "environments" / "cache" / "count").read_text() == "run\n"
    gate = sandbox.gate(str(checkout), str(checkout), environment=first.environment)
    assert said(gate, "cat /env/made; echo $PATH | cut -d: -f1") == "iniconfig\n/env/bin"
    assert "Read-only" in said(gate, "touch /env/x; touch /cache/x")


@linux
def test_a_failed_setup_says_which_command_and_why_and_leaves_no_environment(
    places: Environments, checkout: Path
) -> None:
    spec = setup("echo fine", "echo the cause; exit 7", "touch /env/never")
    with pytest.raises(SetupError, match="`echo the cause; exit 7` ended with 7") as caught:
        asyncio.run(places.ready(spec, checkout, LOCK))
    assert "the cause" in str(caught.value)
    assert "fine" in caught.value.log.read_text()
    assert places.known(spec, LOCK) is None


ENGINE = """
import asyncio, sys
from pathlib import Path
from factory.config import EnvironmentSpec
from factory.environment import Environments

root, checkout, command = sys.argv[1:]
spec = EnvironmentSpec(setup=(command,), inputs=("requirements.txt",))
asyncio.run(Environments(Path(root), tools="test").ready(spec, Path(checkout), {}))
"""


@linux
def test_an_environment_half_built_by_a_killed_engine_is_built_again(
    places: Environments, checkout: Path, tmp_path: Path
) -> None:
    command = (
        "test -e /cache/again || { touch /env/half /cache/again; sleep 600; }; touch /env/whole"
    )
    root = tmp_path / "environments"
    running = subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(root), str(checkout), command],
    )
    end = time.monotonic() + 30
    while not (root / "cache" / "again").exists() and time.monotonic() < end:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    spec = setup(command)
    folder = root / places.key(spec, {})
    assert (folder / "half").exists()
    assert places.known(spec, {}) is None
    asyncio.run(places.ready(spec, checkout, {}))
    assert [path.name for path in folder.iterdir()] == ["whole"]


@linux
def test_environments_that_nobody_asks_for_are_forgotten_read_only_parts_included(
    places: Environments, checkout: Path, tmp_path: Path
) -> None:
    old, new = setup("mkdir /env/mod && touch /env/mod/x && chmod 500 /env/mod"), setup("true")
    for spec in (old, new):
        asyncio.run(places.ready(spec, checkout, LOCK))
    for path in (tmp_path / "environments").glob("*.done"):
        os.utime(path, (1000, 1000))
    assert places.known(new, LOCK)
    assert asyncio.run(places.forget(unused_since=2000)) == 1
    assert places.known(old, LOCK) is None
    assert places.known(new, LOCK)


@linux
def test_a_virtual_environment_is_built_from_the_machines_registries(
    places: Environments, checkout: Path
) -> None:
    spec = setup("python3 -m venv /env", "pip install --retries 0 -r requirements.txt")
    try:
        ready = asyncio.run(places.ready(spec, checkout, LOCK))
    except SetupError as error:
        text = error.log.read_text()
        if "No matching distribution" in text or "onnection" in text:
            pytest.skip("no package registry can be reached from here")
        raise
    gate = sandbox.gate(str(checkout), str(checkout), environment=ready.environment)
    assert said(gate, "python -c 'import iniconfig; print(iniconfig.__file__)'").startswith("/env/")
    assert said(gate, "echo $VIRTUAL_ENV") == "/env"


# --- registries ----------------------------------------------------------------------------


def test_setup_is_given_the_indexes_and_nothing_to_publish_with(tmp_path: Path) -> None:
    home, index, certificate = tmp_path / "home", tmp_path / "pypi", tmp_path / "ca.pem"
    (home / ".config" / "pip").mkdir(parents=True)
    (index / "simple").mkdir(parents=True)
    certificate.touch()
    (home / ".config" / "pip" / "pip.conf").write_text(
        f"[global]\nextra-index-url =\n    https://a/simple\n    file://{index}/simple\n"
    )
    (home / ".npmrc").write_text("registry=https://npm\n//npm/:_authToken=npm-secret\n")
    found = registries(
        {
            "PIP_CERT": str(certificate),
            "PIP_CACHE_DIR": "/somewhere",
            "UV_INDEX_URL": "https://b/simple",
            "UV_PUBLISH_TOKEN": "uv-secret",
            "NPM_CONFIG_AUTH": "npm-secret",
            "HTTPS_PROXY": "http://proxy",
            "AWS_SECRET_ACCESS_KEY": "aws-secret",
            "UV_FIND_LINKS": f"{home} / /tmp",
        },
        home,
    )
    env = dict(found.env)
    assert "secret" not in str(found)
    assert {"PIP_CERT", "UV_INDEX_URL", "HTTPS_PROXY"} <= set(env)
    assert "PIP_CACHE_DIR" not in env
    assert env["npm_config_registry"] == "https://npm"
    hosts = {bind.host for bind in found.binds}
    assert {str(certificate), str(index), str(home / ".config/pip/pip.conf")} <= hosts
    assert not {str(home), "/", "/tmp"} & hosts, "no folder that holds a home is ever mounted"
    assert not any(bind.writable for bind in found.binds)


# --- logins, variables, ports --------------------------------------------------------------


def test_an_agent_program_gets_its_login_folder_and_never_the_home(tmp_path: Path) -> None:
    (tmp_path / ".claude").mkdir()
    found = environment.login(("~/.claude", "~/.codex"), tmp_path)
    assert [(bind.host, bind.inside, bind.writable) for bind in found] == [
        (str(tmp_path / ".claude"), "/home/factory/.claude", True)
    ]
    for whole in ("~", "~/", str(tmp_path), str(tmp_path.parent), "/", "~/.claude/.."):
        with pytest.raises(FactoryError, match="holds the whole home"):
            environment.login((whole,), tmp_path)


def test_only_named_variables_are_handed_through() -> None:
    environ = {"A": "1", "B": "2"}
    assert environment.handed(("B", "C"), environ) == (("B", "2"),)


def test_a_block_of_free_ports_is_free() -> None:
    first, count = ports.block(8, ())
    assert count == 8
    for port in range(first, first + 8):
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))


def test_blocks_of_ports_do_not_meet_however_wide_they_are() -> None:
    taken: list[tuple[int, int]] = []
    for count in (10, 3, 100, 10, 1):
        taken.append(ports.block(count, taken, start=7))
    all_of_them = [port for first, count in taken for port in range(first, first + count)]
    assert len(set(all_of_them)) == len(all_of_them) == 124
    with socket.socket() as listens:
        listens.bind(("127.0.0.1", taken[0][0] + 4))
        listens.listen()
        first, _ = ports.block(10, (), start=7)
        assert first != taken[0][0]


# --- included files ------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for path in (".env", "api/.env", "api/.env.example", "certs/dev.pem", "node_modules/x/.env"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    (folder / ".env").chmod(0o600)
    return folder


def test_files_that_the_patterns_name_are_copied_with_their_mode(
    source: Path, checkout: Path
) -> None:
    patterns = "# secrets of mine\n.env*\n!*.example\n/certs/\n"
    copied = environment.include(patterns, source, checkout)
    assert copied == (".env", "api/.env", "certs/dev.pem")
    assert (checkout / "api" / ".env").read_text() == "api/.env"
    assert stat.S_IMODE((checkout / ".env").stat().st_mode) == 0o600
    assert environment.include("", source, checkout) == ()
    assert environment.include("/.env", source, checkout) == (".env",)
    assert environment.include("certs", source, checkout) == ("certs/dev.pem",)
    assert "node_modules/x/.env" in environment.include("node_modules/x/.env", source, checkout)


@pytest.mark.parametrize("gone", ["api/.env", "./certs/", "./api/"])
def test_what_the_developer_removes_in_this_moment_is_not_there(
    source: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    """Between a folder's listing and the opening of what it lists, a build may clean up."""
    plain = os.open

    def opened(path: str, flags: int, *rest: int, **where: int) -> int:
        if path == gone:
            folders.remove(source / gone)
        return plain(path, flags, *rest, **where)

    monkeypatch.setattr(os, "open", opened)
    kept = {".env", "api/.env", "certs/dev.pem"}
    kept -= {name for name in kept if f"./{name}".startswith(gone) or name == gone}
    assert set(environment.include(".env\ncerts/", source, checkout)) == kept
    assert environment.digest(".env\ncerts/", source)


def test_what_is_tracked_is_never_overwritten(source: Path, checkout: Path) -> None:
    (checkout / ".env").write_text("theirs")
    assert environment.include(".env", source, checkout, {".env"}) == ("api/.env",)
    assert (checkout / ".env").read_text() == "theirs"
    assert environment.include("/.env", source, checkout) == (".env",)
    assert (checkout / ".env").read_text() == ".env"


def test_no_link_leads_out_of_the_source(source: Path, checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / ".env").write_text("SECRET")
    (source / "out").symlink_to(tmp_path / "elsewhere")
    (source / "api" / ".env").unlink()
    (source / "api" / ".env").symlink_to(tmp_path / "elsewhere" / ".env")
    assert environment.include(".env", source, checkout) == (".env",)


def test_no_link_leads_out_of_the_target(source: Path, checkout: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_text("mine")
    (checkout / "api").symlink_to(victim)
    (checkout / "certs").write_text("a file where a folder should be")
    (checkout / ".env").symlink_to(victim / "file")
    assert environment.include(".env\ncerts/", source, checkout) == (".env",)
    assert (victim / "file").read_text() == "mine"
    assert sorted(path.name for path in victim.iterdir()) == ["file"]
    assert (checkout / ".env").read_text() == ".env"
    assert not (checkout / ".env").is_symlink()


def test_seeds_are_laid_out_anew_whatever_a_kill_or_a_program_left_there(tmp_path: Path) -> None:
    home, half, elsewhere = tmp_path / "home", tmp_path / "half", tmp_path / "elsewhere"
    (home / "sub").mkdir(parents=True)
    (home / "sub/config.toml").write_text("mine")
    elsewhere.mkdir()
    half.mkdir()
    (half / "sub").symlink_to(elsewhere)
    environment.seed([home / "sub/config.toml", home / "gone"], home, half)
    assert (half / "sub/config.toml").read_text() == "mine"
    assert not [*elsewhere.iterdir()]
