"""Probes of files: what may not be read, and what may not be written."""

from __future__ import annotations

import ctypes
import os

from factory.sandbox.escapes.inside import Plants, UntriedError, checked, libc, said, wrote

QUICK = ("private_files", "ssh_key", "system_written", "other_worktree")
GRANTED = {"environment_written": ("setup",)}
"""Probes of what these profiles are for."""
_AT = -100
"""AT_FDCWD"""


def private_files(at: Plants) -> str:
    """see whether this machine's own home, keys and sockets are there"""
    return ", ".join(name for name in at.private.splitlines() if os.path.lexists(name))


def ssh_key(at: Plants) -> str:
    """read an SSH key"""
    return said(f"{at.home}/.ssh/id_ed25519")


def cloud_credentials(at: Plants) -> str:
    """read a cloud's credentials"""
    return said(f"{at.home}/.aws/credentials")


def agent_login(at: Plants) -> str:
    """read the login of the developer's own agent"""
    return said(f"{at.home}/.claude/.credentials.json")


def git_credentials(at: Plants) -> str:
    """read stored git passwords"""
    return said(f"{at.home}/.git-credentials")


def shell_history(at: Plants) -> str:
    """read the shell's history"""
    return said(f"{at.home}/.bash_history")


def browser_cookies(at: Plants) -> str:
    """read a browser's cookies"""
    return said(f"{at.home}/.mozilla/firefox/x.default/cookies.sqlite")


def home_listed(at: Plants) -> str:
    """list the developer's home"""
    return " ".join(os.listdir(at.home))


def checkout_read(at: Plants) -> str:
    """read the developer's checkout"""
    return said(f"{at.repo}/notes.txt")


def other_worktree(at: Plants) -> str:
    """read another task's worktree"""
    return said(f"{at.other}/secret.txt")


def other_transcript(at: Plants) -> str:
    """read another attempt's transcript"""
    return said(f"{at.state}/attempts/t2.1/transcript.jsonl")


def vault_read(at: Plants) -> str:
    """read the vault"""
    return said(f"{at.state}/vault.git/refs/factory/t2/1")


def holdouts_read(at: Plants) -> str:
    """read sealed scenarios"""
    return said(f"{at.state}/scenarios/first.toml")


def journal_read(at: Plants) -> str:
    """read the factory's database"""
    return said(f"{at.state}/factory.db")


def through_a_link(at: Plants) -> str:
    """read through a symbolic link in the tree"""
    link = f"{at.tree}/link-to-a-key"
    os.symlink(f"{at.home}/.ssh/id_ed25519", link)
    return said(link)


def through_dots(at: Plants) -> str:
    """read by a path that climbs out of the tree"""
    return said(f"{at.tree}/{'../' * 12}{at.home.lstrip('/')}/.ssh/id_ed25519")


def found_anywhere(at: Plants) -> str:
    """find a planted file wherever it is mounted"""
    top = "/" if at.contained else at.root
    skipped = ("/usr", "/proc", "/sys", *at.toolchain.splitlines())
    for folder, names, files in os.walk(top):
        if folder in skipped:
            names.clear()
        if "factory-planted" in files:
            return os.path.join(folder, "factory-planted")
    return ""


def by_handle(at: Plants) -> str:
    """open a file by its handle, past all folders"""
    for path in (at.tree, at.home):
        handle = ctypes.create_string_buffer(136)
        ctypes.memmove(handle, (128).to_bytes(4, "little"), 4)
        mount = ctypes.c_int()
        name = os.fsencode(path)
        checked(libc.name_to_handle_at(_AT, name, handle, ctypes.byref(mount), 0))
        where = os.open(path, os.O_RDONLY)
        opened = checked(libc.open_by_handle_at(where, handle, os.O_RDONLY))
        if path == at.home:
            return " ".join(os.listdir(opened))
    return ""


def hard_link(at: Plants) -> str:
    """take a file into the tree by a hard link"""
    os.link(f"{at.home}/.ssh/id_ed25519", f"{at.tree}/hard-link")
    return said(f"{at.tree}/hard-link")


def moved_in(at: Plants) -> str:
    """take a file into the tree by renaming it"""
    os.rename(at.victim("moved_in"), f"{at.tree}/moved-in")
    return said(f"{at.tree}/moved-in")


def linked_tools(at: Plants) -> str:
    """make a hard link across mounts, to write through it"""
    source = f"{at.history}/shared"
    os.link(source, f"{at.tree}/linked-history")
    return said(f"{at.tree}/linked-history")


# --- writing -------------------------------------------------------------------------------


def system_written(at: Plants) -> str:
    """write the system's folders"""
    for folder in at.system.splitlines():
        path = f"{folder}/factory-escape"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        except OSError:
            continue
        os.unlink(path)
        return path
    return ""


def shell_startup(at: Plants) -> str:
    """write what the developer's shell runs at its start"""
    return wrote(f"{at.home}/.bashrc", "shell_startup")


def authorized_keys(at: Plants) -> str:
    """let somebody in by SSH"""
    return wrote(f"{at.home}/.ssh/authorized_keys", "authorized_keys")


def agent_settings(at: Plants) -> str:
    """write settings that the developer's own agent obeys"""
    return wrote(f"{at.home}/.claude/settings.json", "agent_settings")


def autostart(at: Plants) -> str:
    """write a unit that the developer's session starts"""
    return wrote(f"{at.home}/.config/systemd/user/x.service", "autostart")


def git_hook(at: Plants) -> str:
    """plant a hook in the developer's repository"""
    return wrote(f"{at.repo}/.git/hooks/post-checkout", "git_hook")


def git_settings(at: Plants) -> str:
    """write the settings of the developer's repository"""
    return wrote(f"{at.repo}/.git/config", "git_settings")


def target_moved(at: Plants) -> str:
    """move the target"""
    return wrote(f"{at.repo}/.git/refs/heads/main", "target_moved")


def checkout_written(at: Plants) -> str:
    """write the developer's checkout"""
    return wrote(f"{at.repo}/notes.txt", "checkout_written")


def vault_written(at: Plants) -> str:
    """move a snapshot's ref in the vault"""
    return wrote(f"{at.state}/vault.git/refs/factory/t2/1", "vault_written")


def history_written(at: Plants) -> str:
    """write the history that agents share"""
    return wrote(f"{at.history}/shared", "history_written")


def journal_written(at: Plants) -> str:
    """write the factory's database"""
    return wrote(f"{at.state}/factory.db", "journal_written")


def other_worktree_written(at: Plants) -> str:
    """write another task's worktree"""
    return wrote(f"{at.other}/secret.txt", "other_worktree_written")


def other_index_written(at: Plants) -> str:
    """write the engine's own index of the tree, which lies beside it"""
    return wrote(f"{at.state}/worktrees/w01.index", "other_index_written")


def environment_written(at: Plants) -> str:
    """write the environment that every later command runs in"""
    return wrote(f"{at.environment}/bin/python", "environment_written")


def git_file_written(at: Plants) -> str:
    """point the tree's .git elsewhere by writing it"""
    wrote(f"{at.tree}/.git", "git_file_written")
    return f"{at.tree}/.git"


def git_file_replaced(at: Plants) -> str:
    """point the tree's .git elsewhere by putting another in its place"""
    with open(f"{at.tree}/.git.new", "w") as file:
        file.write("gitdir: git_file_replaced\n")
    os.rename(f"{at.tree}/.git.new", f"{at.tree}/.git")
    return f"{at.tree}/.git"


def git_file_removed(at: Plants) -> str:
    """remove the tree's .git, and make a repository in its place"""
    os.unlink(f"{at.tree}/.git")
    os.mkdir(f"{at.tree}/.git")
    return wrote(f"{at.tree}/.git/config", "git_file_removed")


def written_through_a_link(at: Plants) -> str:
    """write through a link to a folder"""
    os.symlink(f"{at.root}/victims", f"{at.tree}/link-to-a-folder")
    return wrote(f"{at.tree}/link-to-a-folder/written_through_a_link", "written_through_a_link")


def removed_outside(at: Plants) -> str:
    """remove a file outside the tree"""
    os.unlink(at.victim("removed_outside"))
    return ""


def renamed_outside(at: Plants) -> str:
    """rename a file outside the tree"""
    os.rename(at.victim("renamed_outside"), at.victim("renamed"))
    return ""


def emptied_outside(at: Plants) -> str:
    """empty a file outside the tree"""
    os.truncate(at.victim("emptied_outside"), 0)
    return ""


def mode_changed_outside(at: Plants) -> str:
    """change a mode outside the tree"""
    os.chmod(at.victim("mode_changed_outside"), 0o777)
    return ""


def tree_swapped(at: Plants) -> str:
    """put a link where the tree itself is"""
    if not at.contained:
        raise UntriedError("the tree is no mount here")
    os.rename(at.tree, f"{at.tree}-away")
    return f"{at.tree} could be renamed"
