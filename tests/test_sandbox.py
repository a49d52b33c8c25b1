"""What a program in the sandbox can reach, each time beside what it reaches without the sandbox."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import stat
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory import sandbox
from factory.model import SandboxError
from factory.sandbox import Bind, File, Finished, Limits, Profile, bubblewrap, containment
from factory.sandbox.containment import Level
from factory.sandbox.escapes import suite as escapes
from factory.sandbox.machine import Machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def in_the(tree: Path) -> Profile:
    return Profile(name="test", tree=str(tree))


def plainly(tree: Path) -> Profile:
    return replace(in_the(tree), contained=False)


def ran(profile: Profile, command: str | list[str], **more: object) -> tuple[Finished, str]:
    said: list[bytes] = []
    work = sandbox.run(profile, command, on_output=said.append, **more)  # type: ignore[arg-type]  # each test passes what `run` takes
    return asyncio.run(work), b"".join(said).decode()


def output(profile: Profile, command: str) -> str:
    return ran(profile, command)[1].strip()


def drop(monkeypatch: pytest.MonkeyPatch, *flags: str) -> None:
    whole = bubblewrap.arguments

    def weaker(*args: object, **kwargs: object) -> list[str]:
        return [word for word in whole(*args, **kwargs) if word not in flags]  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(bubblewrap, "arguments", weaker)


# --- files ---------------------------------------------------------------------------------


def test_a_file_of_the_developers_home_is_not_there(tree: Path, tmp_path: Path) -> None:
    key = tmp_path / "home" / ".ssh" / "id_ed25519"
    key.parent.mkdir(parents=True)
    key.write_text("PRIVATE")
    assert "PRIVATE" not in output(in_the(tree), f"cat {key}")
    assert output(plainly(tree), f"cat {key}") == "PRIVATE"


def test_the_home_inside_is_empty_and_writable_and_ends_with_the_command(tree: Path) -> None:
    assert output(in_the(tree), "ls -A ~ && touch ~/x && ls ~") == "x"
    assert output(in_the(tree), "ls -A ~") == ""


def test_nothing_outside_the_tree_can_be_written(tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write = f"mkdir -p {outside.parent}; echo x > {outside}; echo x > mine; true"
    ran(in_the(tree), write)
    assert not outside.exists()
    assert (tree / "mine").exists()
    ran(plainly(tree), write)
    assert outside.exists()


@pytest.mark.parametrize("place", ["/", "/usr", "/usr/local/bin", "/etc", "/run", "/dev", "/home"])
def test_the_system_cannot_be_written(tree: Path, place: str) -> None:
    finished, said = ran(in_the(tree), f"touch {place}/factory-test")
    assert finished.exit_code != 0
    assert "factory-test" in said


def test_a_read_only_tree_stays_as_it_is(tree: Path) -> None:
    finished, _ = ran(replace(in_the(tree), tree_writable=False), "touch x")
    assert finished.exit_code != 0
    assert ran(in_the(tree), "touch x")[0].exit_code == 0


def test_secrets_of_the_system_are_not_mounted(tree: Path) -> None:
    seen = output(in_the(tree), "ls /etc /etc/ssl /root /var /run /boot /mnt 2>/dev/null; true")
    assert not {"shadow", "private", "sudoers", "ssh", "lib", "boot"} & set(seen.split())
    assert output(in_the(tree), "cat /etc/passwd").count("\n") == 0, "one user, factory"


def test_mounts_do_not_hide_one_another_in_whatever_order_they_are_given(
    tree: Path, tmp_path: Path, scratch: Path
) -> None:
    for name in ("outer", "inner"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").touch()
    (tmp_path / "outer" / "deep").mkdir()
    binds = (
        Bind(host=str(tmp_path / "inner"), inside="/tmp/outer/deep"),
        Bind(host=str(tmp_path / "outer"), inside="/tmp/outer"),
        Bind(host=str(scratch), inside="/tmp", writable=True),
    )
    seen = output(replace(in_the(tree), binds=binds), "cd /tmp; ls outer outer/deep; touch kept")
    assert {"outer.txt", "inner.txt"} <= set(seen.split())
    assert (scratch / "kept").exists()


def test_the_tools_installed_beside_factory_tui_are_on_the_path_wherever_they_lie(
    tree: Path, scratch: Path
) -> None:
    profile = sandbox.tools(str(tree), str(scratch))
    assert re.match(r"ruff \d", output(profile, "ruff --version"))
    assert re.match(r"pytest \d", output(profile, "pytest --version"))
    assert output(profile, "python -c 'import sys; print(sys.prefix)'") == sys.prefix


# --- everything else -----------------------------------------------------------------------


def test_there_is_no_network_unless_the_profile_has_it(tree: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reach = f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]} && echo reached"
        assert "reached" not in output(in_the(tree), reach)
        assert output(replace(in_the(tree), network=True), reach) == "reached"


def test_of_the_host_environment_nothing_is_seen(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_CANARY", "canary-7f3a")
    look = "env; cat /proc/*/environ"
    for profile in (in_the(tree), plainly(tree)):
        assert "canary-7f3a" not in output(profile, "env")
    assert "canary-7f3a" not in output(in_the(tree), look)
    handed = replace(in_the(tree), env=(("FACTORY_CANARY", "canary-7f3a"),))
    assert "FACTORY_CANARY=canary-7f3a" in output(handed, look)


def test_a_variable_for_the_program_shows_in_no_command_line(tree: Path) -> None:
    profile = replace(in_the(tree), env=(("TOKEN", "secret-91c2"),))
    lines: list[str] = []

    def look(_chunk: bytes) -> None:
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines.append(place.read_text(errors="replace"))
            except OSError:
                continue

    asyncio.run(sandbox.run(profile, "echo now; sleep 0.05", on_output=look))
    assert any("bwrap" in line for line in lines)
    assert not any("secret-91c2" in line for line in lines)


def test_no_process_of_the_host_is_seen_or_reached(tree: Path) -> None:
    reach = f"kill -0 {os.getpid()} && echo reached; ls -d /proc/[0-9]* | wc -l"
    seen = output(in_the(tree), reach).split()
    assert "reached" not in seen
    assert int(seen[-1]) < 6
    assert "reached" in output(plainly(tree), reach)


@pytest.mark.parametrize("contained", [True, False])
def test_what_is_said_to_a_running_program_arrives_whole_until_it_is_over(
    tree: Path, contained: bool
) -> None:
    lines = b"".join(b"%d\n" % number for number in range(40_000))

    async def talk() -> tuple[bytes, Finished]:
        feed, said, heard = sandbox.Feed(), bytearray(), asyncio.Event()

        def take(chunk: bytes) -> None:
            said.extend(chunk)
            heard.set()

        profile = replace(in_the(tree), contained=contained)
        work = asyncio.ensure_future(
            sandbox.run(profile, "read first; echo $first; cat", stdin=feed, on_output=take)
        )
        await feed.write(b"hello\n")
        await heard.wait()
        await feed.write(lines)
        feed.close()
        done = await work
        return bytes(said), done

    said, done = asyncio.run(talk())
    assert said == b"hello\n" + lines
    assert done.exit_code == 0


def test_a_program_that_is_gone_is_told_nothing_more(tree: Path) -> None:
    async def talk() -> None:
        feed = sandbox.Feed()
        await sandbox.run(in_the(tree), "true", stdin=feed)
        with pytest.raises(BrokenPipeError):
            await feed.write(b"anybody?\n")

    asyncio.run(talk())


def test_nobody_is_root_and_nobody_can_become_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert output(in_the(tree), "id -u; grep CapEff /proc/self/status").split() == [
        "1000",
        "CapEff:",
        "0000000000000000",
    ]
    become = "unshare --user --map-root-user id -u 2>&1"
    assert output(in_the(tree), become) != "0"
    drop(monkeypatch, "--disable-userns")
    assert output(in_the(tree), become) == "0"


def test_the_limits_hold(tree: Path) -> None:
    small = replace(in_the(tree), limits=Limits(file_bytes=1 << 20, open_files=64, memory_bytes=0))
    fill = "head -c 3000000 /dev/zero > big; ulimit -n; ulimit -c"
    assert output(small, fill).split()[-2:] == ["64", "0"]
    assert (tree / "big").stat().st_size == 1 << 20
    ran(in_the(tree), fill)
    assert (tree / "big").stat().st_size == 3_000_000


@pytest.mark.skipif(os.geteuid() == 0, reason="the kernel lets root have any number of processes")
def test_a_fork_bomb_ends_at_the_limit(tree: Path) -> None:
    few = replace(in_the(tree), limits=Limits(processes=20))
    assert "fork" in output(few, "for n in $(seq 60); do sleep 9 & done; echo all")


def test_whatever_runs_gives_way_to_the_engine_and_the_screen(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.nice(0)
    for profile in (in_the(tree), plainly(tree)):
        assert int(output(profile, "nice")) > mine or mine == 19
    facts = replace(bubblewrap.look(), nice="")
    monkeypatch.setattr(bubblewrap, "look", lambda: facts)
    assert int(output(in_the(tree), "nice")) == mine, "the control"


# --- git -----------------------------------------------------------------------------------


def test_an_agent_has_a_git_of_its_own_and_a_guardrail_has_none(
    tree: Path, scratch: Path, tmp_path: Path
) -> None:
    (tree / ".git").write_text("gitdir: /somewhere/of/the/vault\n")
    (tmp_path / "private").mkdir()
    (tmp_path / "history").mkdir()
    profile = sandbox.tools(
        str(tree),
        str(scratch),
        private_git=str(tmp_path / "private"),
        history=str(tmp_path / "history"),
    )
    commit = (
        "git init -q --bare /worktree.git && git config core.bare false && touch a && git add a && "
        "git -c user.name=a -c user.email=a@b commit -qm first && git log --format=%s"
    )
    assert output(profile, commit) == "first"
    assert ran(profile, "touch /history.git/x")[0].exit_code != 0
    assert ran(profile, "echo x > .git; rm -f .git; mv .git g")[0].exit_code != 0
    assert (tree / ".git").read_text() == "gitdir: /somewhere/of/the/vault\n"

    seen = output(sandbox.gate(str(tree), str(scratch)), "cat .git; git status")
    assert "vault" not in seen
    assert "not a git repository" in seen


def test_a_link_where_a_mount_must_go_is_refused_since_bubblewrap_would_follow_it(
    tree: Path, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private").mkdir()
    profile = sandbox.tools(str(tree), str(scratch), private_git=str(tmp_path / "private"))
    (tree / ".git").symlink_to(f"/oldroot{tmp_path}/made-on-the-host")
    with pytest.raises(SandboxError, match=r"\.git is a symbolic link"):
        ran(profile, "true")
    monkeypatch.setattr(containment, "links", lambda _crossings: [])
    ran(profile, "true")
    assert (tmp_path / "made-on-the-host").exists()


# --- running -------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [in_the, plainly])
def test_exit_codes_are_as_a_shell_says_them(tree: Path, profile: object) -> None:
    assert callable(profile)
    assert ran(profile(tree), "exit 3")[0].exit_code == 3
    assert ran(profile(tree), "kill -SEGV $$")[0].exit_code == 139
    assert ran(profile(tree), "no-such-program")[0].exit_code == 127
    assert ran(profile(tree), ["printf", "%s", "a $b"])[1] == "a $b"


@pytest.mark.parametrize("profile", [in_the, plainly])
def test_input_goes_in_and_both_outputs_come_out(tree: Path, profile: object) -> None:
    assert callable(profile)
    (tree / "below").mkdir()
    errors: list[bytes] = []
    finished, said = ran(
        profile(tree),
        "cat; echo oops >&2; basename $PWD",
        stdin=b"in\n",
        on_error=errors.append,
        cwd=f"{sandbox.TREE}/below",
    )
    assert said == "in\nbelow\n"
    assert errors == [b"oops\n"]
    assert finished.output_bytes == len("in\nbelow\noops\n")
    assert output(profile(tree), "cat; echo oops >&2") == "oops"


def test_a_flood_comes_in_small_pieces(tree: Path) -> None:
    sizes: list[int] = []
    work = sandbox.run(
        in_the(tree), "head -c 50000000 /dev/zero", on_output=lambda b: sizes.append(len(b))
    )
    assert asyncio.run(work).output_bytes == sum(sizes) == 50_000_000
    assert max(sizes) <= 1 << 16


def test_what_a_callback_raises_ends_the_program_and_comes_out(tree: Path) -> None:
    def full(_chunk: bytes) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(sandbox.run(in_the(tree), "echo x; sleep 60", on_output=full))


def test_paths_inside_mean_the_hosts_folders_where_nothing_is_contained(
    tree: Path, scratch: Path
) -> None:
    profile = replace(sandbox.gate(str(tree), str(scratch)), contained=False)
    ran(profile, "echo x > /results/report; pwd > /worktree/here; echo /resultsfoo > y")
    assert (scratch / "report").read_text() == "x\n"
    assert (tree / "here").read_text().strip() == str(tree)
    assert (tree / "y").read_text() == "/resultsfoo\n"


def test_a_file_that_exists_inside_only_can_be_read_there(tree: Path) -> None:
    profile = replace(in_the(tree), files=(File(inside="/opt/note", text="hello"),))
    assert output(profile, "cat /opt/note") == "hello"


# --- what cannot be ------------------------------------------------------------------------


def test_what_cannot_be_set_up_is_said_in_one_sentence(tree: Path) -> None:
    with pytest.raises(SandboxError, match=r"could not be set up .*/gone.* never there"):
        ran(in_the(tree / "gone"), "true")
    with pytest.raises(SandboxError, match=r"no-such-program.* cannot be started"):
        ran(replace(plainly(tree / "gone")), ["no-such-program"])


def test_no_descriptor_is_left_open(tree: Path) -> None:
    async def several() -> tuple[int, int]:
        await sandbox.run(in_the(tree), "true")
        before = len(list(Path("/proc/self/fd").iterdir()))
        for profile in (in_the(tree), plainly(tree), in_the(tree / "gone")):
            try:
                await sandbox.run(profile, "echo x", stdin=b"x")
            except SandboxError:
                continue
        return before, len(list(Path("/proc/self/fd").iterdir()))

    before, after = asyncio.run(several())
    assert after == before


def test_without_bubblewrap_nothing_runs_and_the_way_out_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: None)
    found = asyncio.run(escapes.probe())
    assert found.level is Level.NONE
    assert "apt install bubblewrap" in found.sentence
    with pytest.raises(SandboxError, match="apt install bubblewrap"):
        ran(in_the(tree), "touch x")
    assert not (tree / "x").exists()
    assert "Linux only" in containment.missing("darwin")


@pytest.mark.parametrize(
    ("said", "settings", "way_out"),
    [
        (
            "bwrap: setting up uid map: Permission denied",
            {"kernel/apparmor_restrict_unprivileged_userns": 1},
            "apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict",
        ),
        (
            "bwrap: No permissions to create new namespace",
            {"kernel/unprivileged_userns_clone": 0},
            "sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            "bwrap: Creating new namespace failed: No space left on device",
            {"user/max_user_namespaces": 0},
            "sysctl -w user.max_user_namespaces",
        ),
        ("bwrap: Can't mount proc: Operation not permitted", {}, "systempaths=unconfined"),
    ],
)
def test_each_way_a_system_forbids_the_sandbox_has_its_way_out(
    said: str, settings: dict[str, int], way_out: str
) -> None:
    assert way_out in containment.sentence(said, Machine(), settings.get)


def test_doctor_can_print_a_profile(tree: Path, scratch: Path) -> None:
    profile = sandbox.gate(str(tree), str(scratch), env=(("TOKEN", "secret"),))
    text = sandbox.describe(profile)
    assert f"writable   /worktree  = {tree}" in text
    assert "network    none" in text
    assert "TOKEN" in text
    assert "secret" not in text
    assert "NOT contained" in sandbox.describe(replace(profile, contained=False))


def test_the_tree_keeps_the_modes_that_a_program_sets(tree: Path) -> None:
    ran(in_the(tree), "umask 022; touch a; chmod 755 a")
    assert stat.S_IMODE((tree / "a").stat().st_mode) == 0o755
