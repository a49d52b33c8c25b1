"""Agent programs as they lie on developers' machines, found, mounted, fetched and asked."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from factory.agents.programs import Found, Programs, interpreter, roots
from factory.brief import brief
from factory.config import AgentSpec, Config
from factory.model import AgentError, Task
from factory.presets import PRESETS, Form
from factory.sandbox import Profile, run

QWEN = AgentSpec(name="qwen", kind="acp", preset="qwen")
VIBE = AgentSpec(name="vibe", kind="acp", preset="vibe")


def script(path: Path, *lines: str, first: str = "#!/bin/sh") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([first, *lines, ""]))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def linked(link: Path, target: Path) -> Path:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    return link


def programs(tmp_path: Path, *folders: Path) -> Programs:
    path = ":".join(str(folder) for folder in (*folders, "/usr/bin", "/bin"))
    return Programs(tmp_path / "programs", {"PATH": path})


def said(found: Found, command: str, tree: Path) -> str:
    """What a command prints in a sandbox that has the program."""
    heard = bytearray()
    given = found.environment
    profile = Profile(name="t", tree=str(tree), binds=given.binds, path=given.path, env=given.env)
    asyncio.run(run(profile, command, on_output=heard.extend))
    return heard.decode()


def test_a_program_behind_links_is_found_by_its_name_and_nothing_else_of_the_home(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "key").write_text("secret")
    real = script(home / ".local/share/tools/vibe/bin/vibe-acp", 'echo "vibe $1"; ls $HOME_OF')
    linked(home / ".local/bin/vibe-acp", real)
    found = asyncio.run(programs(tmp_path, home / ".local/bin").ready(VIBE))
    assert said(found, f"HOME_OF={home} vibe-acp hello", tmp_path).startswith("vibe hello")
    assert "No such file" in said(found, f"cat {home}/.ssh/key", tmp_path)
    hosts = {bind.host for bind in found.environment.binds}
    assert str(home) not in hosts
    assert str(home / ".local") not in hosts


def test_a_package_of_npm_comes_with_its_neighbours_and_its_node(tmp_path: Path) -> None:
    lib = tmp_path / "nvm/lib/node_modules"
    (lib / "dep").mkdir(parents=True)
    (lib / "dep" / "word").write_text("from a neighbour")
    program = script(
        lib / "qwen/cli.js", f"console.log(require('fs').readFileSync('{lib}/dep/word', 'utf8'))",
        first="#!/usr/bin/env node",
    )  # fmt: skip
    linked(tmp_path / "nvm/bin/qwen", program)
    script(
        tmp_path / "nvm/bin/node", '[ "$1" = --version ] && echo v24.1.0 || exec /usr/bin/cat "$1"'
    )
    found = asyncio.run(programs(tmp_path, tmp_path / "nvm/bin").ready(QWEN))
    assert "readFileSync" in said(found, "qwen", tmp_path), "its own node is what runs it"
    assert said(found, f"cat {lib}/dep/word", tmp_path) == "from a neighbour"
    assert interpreter(program) == "node"


def test_an_old_node_is_named_with_the_one_that_is_needed(tmp_path: Path) -> None:
    script(tmp_path / "bin/qwen", first="#!/usr/bin/env node")
    script(tmp_path / "bin/node", "echo v20.20.2")
    with pytest.raises(AgentError, match=r"qwen needs Node\.js 22 or newer, .* has v20"):
        asyncio.run(programs(tmp_path, tmp_path / "bin").ready(QWEN))


def test_what_is_not_there_is_fetched_once_by_npm_and_only_read_by_agents(tmp_path: Path) -> None:
    calls = tmp_path / "bin"
    script(calls / "node", "echo v24.0.0")
    script(
        calls / "npm",
        'for word; do case $word in @*) package=$word;; esac; done; shift; [ "$1" = --prefix ]',
        "mkdir -p $2/node_modules/.bin; echo $package >> $2/fetched",
        "printf '#!/bin/sh\\necho fetched %s\\n' $package > $2/node_modules/.bin/qwen",
        "chmod +x $2/node_modules/.bin/qwen; echo registry=http://127.0.0.1:9 > .npmrc",
    )
    place = programs(tmp_path, calls)
    asyncio.run(place.ready(QWEN))
    found = asyncio.run(place.ready(QWEN))
    package = next(p.form("acp") for p in PRESETS if p.name == "qwen")
    assert package is not None
    assert said(found, "qwen", tmp_path) == f"fetched {package.package}\n"
    (folder,) = (tmp_path / "programs/fetched").glob("*/fetched")
    assert folder.read_text() == f"{package.package}\n", "fetched once"
    assert not [*(tmp_path / "programs").rglob(".npmrc")], "no package's script minds the next"
    assert "Read-only" in said(found, "echo worse > /agent/node_modules/.bin/qwen", tmp_path)


def test_a_fetch_that_fails_says_what_to_type(tmp_path: Path) -> None:
    script(tmp_path / "bin/node", "echo v24.0.0")
    script(tmp_path / "bin/npm", "echo no such package >&2; exit 1")
    with pytest.raises(AgentError, match="npm install -g @qwen-code/qwen-code"):
        asyncio.run(programs(tmp_path, tmp_path / "bin").ready(QWEN))


def test_the_version_is_what_the_program_says_and_asked_again_once_it_changed(
    tmp_path: Path,
) -> None:
    place = programs(tmp_path, tmp_path / "bin")
    program = script(tmp_path / "bin/vibe-acp", "echo vibe-acp 3.0.2; echo more")

    async def version() -> str:
        return await place.version(VIBE, await place.ready(VIBE))

    assert asyncio.run(version()) == "vibe-acp 3.0.2"
    script(program, "echo vibe-acp 4.0.0")
    assert asyncio.run(version()) == "vibe-acp 4.0.0"
    script(program, "exit 1")
    assert asyncio.run(version()) == ""


@pytest.mark.parametrize(
    ("place", "root"),
    [
        ("/opt/tool/bin/tool", "/opt/tool"),
        ("/opt/tool", "/opt/tool"),
        ("/home/me/.local/bin/tool", "/home/me/.local/bin"),
        ("/home/me/tool", "/home/me/tool"),
        ("/home/me/.config/bin/tool", "/home/me/.config/bin"),
        ("/home/me/work/bin/tool", "/home/me/work/bin"),
        (str(Path("/root", "go/bin/tool")), str(Path("/root", "go/bin"))),
        ("/home/me/n/lib/node_modules/a/node_modules/b/x.js", "/home/me/n/lib/node_modules"),
        ("/home/me/venv/bin/tool", "/home/me/venv"),
    ],
)
def test_a_home_is_never_mounted_whole(place: str, root: str) -> None:
    assert next(roots(Path(place))) == Path(root)


def test_every_preset_names_what_installs_it_and_where_it_keeps_its_login() -> None:
    forms: list[Form] = [form for preset in PRESETS for form in preset.forms]
    assert all(form.install and form.run.split()[0] == form.program for form in forms)
    for preset in PRESETS:
        own = tuple(f"{folder}/" for folder in preset.config)
        assert all(name.startswith(own) for name in (*preset.login, *preset.seeds))
        assert preset.hosts
        assert preset.sign_in


def test_a_program_of_a_preset_is_told_its_task_whole_and_a_script_the_developers_words() -> None:
    task = Task(
        id="t", title="Count", spec="By white space.", agent="a", created_at=0, changed_at=0
    )
    script = AgentSpec(name="a", kind="command", run="true")
    assert brief(task, Config(), script) == "By white space."
    known = AgentSpec(name="a", kind="command", preset="vibe", run="vibe")
    assert brief(task, Config(), known).startswith("Task: Count\n\nBy white space.")
