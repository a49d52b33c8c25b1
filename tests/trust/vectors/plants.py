"""What an agent could plant where the engine's git looks: one vector each.

All of it lies where an agent can write if everything else has failed: its worktree, the gate's
checkouts, `.git` in them, and the git dir that this leads to.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from factory.model import Struct

PROGRAM = "@program@"
"""Stands for the planted program, which notes that it ran."""
PROJECT = "@project@"
"""Stands for the developer's checkout."""

HOOKS = (
    "applypatch-msg", "post-applypatch", "pre-commit", "post-commit", "pre-merge-commit",
    "prepare-commit-msg", "commit-msg", "pre-rebase", "post-checkout", "post-merge", "pre-push",
    "pre-receive", "update", "post-receive", "post-update", "reference-transaction",
    "push-to-checkout", "pre-auto-gc", "post-rewrite", "post-index-change", "proc-receive",
    "sendemail-validate", "fsmonitor-watchman",
)  # fmt: skip

Settings = tuple[tuple[str, str], ...]


class Way(StrEnum):
    """How a worktree leads to the planted git dir."""

    FILE = "a .git file"
    FOLDER = "a .git folder"
    SYMLINK = "a .git symlink"
    COMMONDIR = "a worktree's git dir whose commondir is the planted one"
    BARE = "a bare repository laid out in the worktree itself"
    DEVELOPERS = "a .git file that leads to the developer's own git dir"
    ABOVE = "a .git folder above the worktree"


class Vector(Struct):
    """One thing that is planted."""

    name: str
    settings: Settings = ()
    way: Way = Way.FILE
    hooks: bool = False
    attributes: str = ""
    """`info/attributes` of the planted git dir, and `.gitattributes` of the worktree."""
    files: Mapping[str, str] = {}
    """More files in the worktree, by name; `-> ` makes a symlink."""
    own: Mapping[str, str] = {}
    """More files in the planted git dir."""
    nested: bool = False
    """A repository inside the worktree that has settings, attributes and hooks of its own."""
    empty: bool = False
    """The planted git dir has none of the objects that it is asked for."""
    replaces: bool = False
    """Its refs and grafts say that commits are other than they are."""


_ALL = "* filter=x diff=x merge=x\n"
_MISSING = (
    ("extensions.partialClone", "origin"), ("remote.origin.promisor", "true"),
    ("core.repositoryFormatVersion", "1"),
)  # fmt: skip
_EXT = (("protocol.ext.allow", "always"),)
_HOSTILE = {
    "--upload-pack=@program@": "1", "-rf": "1", "--output=README.md": "1", "$(@name@)": "1",
    "; @name@;": "1", "`@name@`": "1", "new\nline": "1", ":(top)": "1", ":!src": "1", "HEAD": "1",
    "refs": "1", ".GIT/config": "[core]\n\tfsmonitor = @program@\n", "git~1": "1",
    "\u200d.git": "1", "a\tb": "1", "e\u0301": "1", "é": "1", '"quoted"': "1", "back\\slash": "1",
}  # fmt: skip


VECTORS = (
    Vector(name="hooks", hooks=True),
    Vector(name="core.hooksPath", settings=(("core.hooksPath", "@own@/elsewhere"),),
           own={f"elsewhere/{hook}": f"#!/bin/sh\nexec {PROGRAM} {hook}\n" for hook in HOOKS}),
    Vector(name="core.fsmonitor", settings=(("core.fsmonitor", PROGRAM),)),
    Vector(name="clean and smudge filters", attributes="* filter=x\n",
           settings=(("filter.x.clean", PROGRAM), ("filter.x.smudge", PROGRAM))),
    Vector(name="a long-running filter", attributes="* filter=x\n",
           settings=(("filter.x.process", PROGRAM), ("filter.x.required", "true"))),
    Vector(name="diff.external", settings=(("diff.external", PROGRAM),)),
    Vector(name="a diff command", attributes="* diff=x\n",
           settings=(("diff.x.command", PROGRAM),)),
    Vector(name="textconv", attributes="* diff=x\n",
           settings=(("diff.x.textconv", PROGRAM), ("diff.x.cachetextconv", "true"))),
    Vector(name="a merge driver", attributes="* merge=x\n",
           settings=(("merge.x.driver", f"{PROGRAM} %A"), ("merge.default", "x"))),
    Vector(name="core.attributesFile",
           settings=(("core.attributesFile", "@own@/attributes"), ("filter.x.clean", PROGRAM),
                     ("filter.x.smudge", PROGRAM), ("diff.x.textconv", PROGRAM)),
           own={"attributes": _ALL}),
    Vector(name="attributes of the tree alone", files={".gitattributes": _ALL,
           "src/.gitattributes": _ALL, "tests/.gitattributes": "* export-ignore filter=lfs\n"},
           settings=(("filter.x.clean", PROGRAM), ("filter.x.smudge", PROGRAM),
                     ("filter.lfs.clean", PROGRAM), ("diff.x.textconv", PROGRAM))),
    Vector(name="core.pager", settings=(
        ("core.pager", PROGRAM), *((f"pager.{name}", PROGRAM) for name in (
            "diff", "status", "config", "for-each-ref", "diff-tree", "ls-tree", "rev-list",
            "cat-file", "diff-index", "diff-files", "ls-files", "merge-tree", "rev-parse")))),
    Vector(name="core.editor", settings=(("core.editor", PROGRAM), ("sequence.editor", PROGRAM))),
    Vector(name="signing", settings=(
        ("gpg.program", PROGRAM), ("gpg.ssh.program", PROGRAM), ("commit.gpgSign", "true"),
        ("push.gpgSign", "true"), ("tag.gpgSign", "true"))),
    Vector(name="core.sshCommand, for an object that is missing", empty=True,
           settings=(*_MISSING, ("remote.origin.url", "ssh://nowhere/x"),
                     ("core.sshCommand", PROGRAM))),
    Vector(name="a remote that is a program, for a tree that is missing", empty=True,
           settings=(*_MISSING, *_EXT, ("remote.origin.url", f"ext::{PROGRAM} %S"))),
    Vector(name="an url that stands for another", settings=(
        *_EXT, (f"url.ext::{PROGRAM} .insteadOf", "/"), ("protocol.allow", "always"))),
    Vector(name="credential helpers", settings=(
        ("credential.helper", f"!{PROGRAM}"), ("core.askPass", PROGRAM),
        ("core.gitProxy", PROGRAM), ("http.proxy", "http://127.0.0.1:9"))),
    Vector(name="programs of the other side", settings=(
        ("uploadpack.packObjectsHook", PROGRAM), ("core.alternateRefsCommand", PROGRAM),
        ("remote.origin.uploadpack", PROGRAM), ("remote.origin.receivepack", PROGRAM))),
    Vector(name="include", settings=(("include.path", "@own@/more"),),
           own={"more": f"[core]\n\tfsmonitor = {PROGRAM}\n"}, hooks=True),
    Vector(name="includeIf", settings=(("includeIf.gitdir:**.path", "@own@/more"),
                                       ("includeIf.onbranch:**.path", "@own@/more")),
           own={"more": f"[core]\n\tfsmonitor = {PROGRAM}\n[diff]\n\texternal = {PROGRAM}\n"}),
    Vector(name="config.worktree", settings=(("extensions.worktreeConfig", "true"),
                                             ("core.repositoryFormatVersion", "1")),
           own={"config.worktree": f"[core]\n\tfsmonitor = {PROGRAM}\n"}),
    Vector(name="aliases", settings=tuple((f"alias.{name}", f"!{PROGRAM}") for name in (
        "status", "diff", "add", "clean", "fetch", "push", "diff-tree", "read-tree"))),
    Vector(name="a .git folder", way=Way.FOLDER, hooks=True,
           settings=(("core.fsmonitor", PROGRAM),)),
    Vector(name="a .git symlink", way=Way.SYMLINK, hooks=True,
           settings=(("core.fsmonitor", PROGRAM),)),
    Vector(name="commondir", way=Way.COMMONDIR, hooks=True,
           settings=(("core.fsmonitor", PROGRAM),)),
    Vector(name="a bare repository in the tree", way=Way.BARE, hooks=True,
           settings=(("core.fsmonitor", PROGRAM), ("diff.external", PROGRAM))),
    Vector(name="a repository above the worktree", way=Way.ABOVE, hooks=True,
           settings=(("core.fsmonitor", PROGRAM),)),
    Vector(name="a .git file that leads to the developer", way=Way.DEVELOPERS),
    Vector(name="core.worktree", settings=(("core.worktree", PROJECT),)),
    Vector(name="a folder that is a symlink to the developer's",
           files={"src": f"-> {PROJECT}/src", "tests": f"-> {PROJECT}/tests"}),
    Vector(name="a submodule with a repository inside", nested=True, attributes=_ALL,
           settings=(("filter.x.clean", PROGRAM), ("core.fsmonitor", PROGRAM),
                     ("submodule.recurse", "true"), ("submodule.inner.update", f"!{PROGRAM}"),
                     ("submodule.inner.active", "true"), ("diff.submodule", "diff")),
           files={".gitmodules": '[submodule "inner"]\n\tpath = inner\n\turl = ./inner\n'
                                 f"\tupdate = !{PROGRAM}\n"}),
    Vector(name="LFS settings", files={
        ".lfsconfig": f"[lfs]\n\turl = ext::{PROGRAM}\n[filter \"lfs\"]\n\tclean = {PROGRAM}\n",
        ".gitattributes": "* filter=lfs diff=lfs merge=lfs\n"},
        settings=(("filter.lfs.clean", PROGRAM), ("filter.lfs.smudge", PROGRAM))),
    Vector(name="hostile names", files=_HOSTILE, settings=(("core.fsmonitor", PROGRAM),)),
    Vector(name="replace refs and grafts", replaces=True),
    Vector(name="alternates that lead elsewhere", empty=True,
           own={"objects/info/alternates": "/nonexistent\n\"quoted\n"}),
    Vector(name="bad objects", own={
        "objects/00/" + "0" * 38: "not an object", "packed-refs": "garbage\n\0", "shallow": "x\n",
        "index": "DIRC garbage", "HEAD": "ref: ../../../../etc/passwd\n"}),
    Vector(name="excluded and unseen files", own={"info/exclude": "*\n"},
           files={".gitignore": "*\n", "src/.gitignore": "*\n"},
           settings=(("core.excludesFile", "@own@/info/exclude"), ("core.ignoreStat", "true"),
                     ("core.untrackedCache", "true"), ("core.sparseCheckout", "true"))),
)  # fmt: skip


def filled(text: str, *, program: Path, project: Path, own: Path) -> str:
    """A planted text with the paths that it needs."""
    known = {PROGRAM: program, PROJECT: project, "@own@": own, "@name@": program.name}
    for word, path in known.items():
        text = text.replace(word, str(path))
    return text
