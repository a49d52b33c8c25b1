"""Moving a branch and the checkouts of it forward as one: hooks of ours for one push.

`receive-pack` by itself lays out the files first and moves the branch then. A commit of the
developer's in between makes the second fail, and leaves their checkout with the files of a landing
that never was. Here the files follow while git holds the lock of the branch.
"""

from __future__ import annotations

import shlex
from pathlib import Path

_FORWARD = """#!/bin/sh
# Written by factory-tui for one push; git runs it with the branch locked, and once it has moved.
old={old} new={new} branch={branch} state=$1
case $state in prepared|committed) ;; *) exit 0 ;; esac
unset $(git rev-parse --local-env-vars)
in_checkout() {{
    git -C "$checkout" -c core.hooksPath=/dev/null -c core.fsmonitor=false "$@"
}}
forward() {{
    in_checkout diff-index --quiet --cached --ignore-submodules $new -- && return 0
    dirty=$(in_checkout status --porcelain --untracked-files=no --ignore-submodules) || return 1
    test -z "$dirty" || return 1
    in_checkout update-index -q --ignore-submodules --refresh || return 1
    in_checkout read-tree -m -u $old $new
}}
listing=$(git -C {repository} worktree list --porcelain) || exit 1
printf '%s\\n' "$listing" | {{
    while IFS= read -r line; do
        case $line in
        "worktree "*) checkout=${{line#worktree }} ;;
        "branch $branch") forward || exit 1 ;;
        esac
    done
}}
"""
_NOTHING = "#!/bin/sh\n# The files follow in reference-transaction.\nexit 0\n"


def hooks(folder: Path, repository: Path, *, ref: str, old: str, new: str) -> None:
    """Write into `folder` what git runs while it moves `ref` of `repository` from `old` to `new`.

    Where they cannot be run, a folder that is mounted so, git lays out the files in its own order.
    """
    folder.mkdir(exist_ok=True)
    script = _FORWARD.format(
        old=old, new=new, branch=shlex.quote(ref), repository=shlex.quote(str(repository))
    )
    for name, text in (("reference-transaction", script), ("push-to-checkout", _NOTHING)):
        file = folder / name
        file.write_text(text)
        file.chmod(0o700)
