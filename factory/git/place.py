"""Finding the developer's repository, and where the factory keeps what belongs to it."""

from __future__ import annotations

import os
import re
import subprocess  # noqa: TID251  this package is where git is run
import tempfile
import uuid
from pathlib import Path

import platformdirs

from factory.git.command import environment, program
from factory.model import RepositoryError, Struct

_ID = "factory-tui"
_OWNER = "repository"
"""The file in the state folder that says whose it is: the common git dir."""
_LONGEST_SOCKET = 100
"""A unix socket's path must fit into 108 bytes, the longest name beside it included."""


class Place(Struct):
    """One repository and the folders that belong to it."""

    path: Path
    """Root of the developer's checkout."""
    common: Path
    """Its common git dir, shared by all its worktrees."""
    id: str
    state: Path
    """0700; the vault, the database, transcripts and logs."""
    socket: Path
    """Where the engine answers, in a 0700 folder."""

    @property
    def lock(self) -> Path:
        """Held by the one engine of this repository."""
        return self.state / "engine.lock"

    @property
    def log(self) -> Path:
        """What a detached engine prints."""
        return self.state / "engine.log"


def home() -> Path:
    """The folder of all state: `FACTORY_TUI_HOME`, else the platform's state folder."""
    chosen = os.environ.get("FACTORY_TUI_HOME")
    return Path(chosen) if chosen else platformdirs.user_state_path("factory-tui")


def find_repository(start: Path) -> Place:
    """The repository that `start` lies in. Raises RepositoryError with the way out."""
    if not start.is_dir():
        raise RepositoryError(f"{start} is not a folder; give the folder of a git repository")
    top, common, bare = _ask(start)
    if bare:
        raise RepositoryError(
            f"{start} is a bare repository; factory-tui lands on a branch you can check out, "
            "so run it in a clone with a working tree"
        )
    identity = _identity(common)
    if _belongs_to_another(common, identity):
        identity = _renewed(common)
    state = home() / identity
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = state / _OWNER
    if not owner.is_file() or owner.read_bytes() != os.fsencode(common):
        owner.write_bytes(os.fsencode(common))
    return Place(path=top, common=common, id=identity, state=state, socket=_socket(identity, state))


def _ask(start: Path) -> tuple[Path, Path, bool]:
    line = [program(), "-c", "safe.directory=*", "rev-parse", "--path-format=absolute"]
    line += ["--is-bare-repository", "--show-object-format", "--git-common-dir", "--git-dir"]
    line += ["--show-toplevel"]
    answer = subprocess.run(
        line, cwd=start, env=environment(), capture_output=True, timeout=20, check=False
    )
    bare, form, *paths = [*os.fsdecode(answer.stdout).split("\n"), "", ""]
    if bare == "true":
        return start, start, True
    if answer.returncode or len(paths) < 5:
        raise RepositoryError(
            f"{start} is not inside a git repository; go to one, or make one with `git init` "
            "and a first commit"
        )
    if form != "sha1":
        raise RepositoryError(
            f"{start} names its objects by {form}, which factory-tui cannot read yet; use a "
            "repository of git's default format, sha1"
        )
    common, own, top, *more = paths
    if any(more) or not _is_text(top + common):
        raise RepositoryError(
            f"{str(start)!r} has a line break in its path, or a byte that is no UTF-8, by which "
            "folders cannot be told apart; rename the folder"
        )
    if own == common and Path(common) != Path(top, ".git"):
        raise RepositoryError(
            f"{top} keeps its git dir elsewhere, in {common}, and git does not find the checkout "
            f"from there to bring it forward; work in a clone of it: `git clone {top}`"
        )
    return Path(top), Path(common), False


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _identity(common: Path) -> str:
    """The repository's id, kept in its common git dir so that it survives being moved."""
    file = common / _ID
    if (known := _known(file)) is not None:
        return known
    fresh = uuid.uuid4().hex[:12]
    draft = common / f"{_ID}.{fresh}"
    try:
        draft.write_text(fresh + "\n")
        try:
            os.link(draft, file)  # the first of two racing clients wins
        except FileExistsError:
            fresh = _known(file) or fresh
        finally:
            draft.unlink()
    except OSError as error:
        raise RepositoryError(
            f"{common} cannot be written ({error.strerror}); factory-tui keeps its id there"
        ) from error
    return fresh


def _belongs_to_another(common: Path, identity: str) -> bool:
    """Whether this repository is a copy, id and all, of one that is still where it was."""
    try:
        other = Path(os.fsdecode((home() / identity / _OWNER).read_bytes()))
        return not other.samefile(common) and _known(other / _ID) == identity
    except (OSError, RepositoryError):
        return False


def _renewed(common: Path) -> str:
    """Give a copied repository an id of its own."""
    try:
        (common / _ID).unlink(missing_ok=True)
    except OSError as error:
        raise RepositoryError(
            f"{common} is a copy and cannot be written ({error.strerror}); factory-tui keeps its "
            "id there"
        ) from error
    return _identity(common)


def _known(file: Path) -> str | None:
    """The id in its file; None where there is no file. Raises RepositoryError for anything else."""
    try:
        known = file.read_text().strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        known = ""
    if re.fullmatch(r"[0-9a-f]{12}", known):
        return known
    raise RepositoryError(
        f"{file} does not hold the repository's id, twelve hexadecimal digits; put back the name "
        f"of its folder in {home()}, or remove the file to begin anew"
    )


def _socket(identity: str, state: Path) -> Path:
    """Beside the state if the path is short enough, else in a private folder of the temp dir."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and "FACTORY_TUI_HOME" not in os.environ:
        folder = Path(runtime) / "factory-tui"
    else:
        folder = state
    if len(os.fsencode(folder / f"{identity}.sock")) > _LONGEST_SOCKET:
        folder = Path(tempfile.gettempdir()) / f"factory-tui-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid():
        raise RepositoryError(f"{folder} belongs to somebody else; set XDG_RUNTIME_DIR to your own")
    if status.st_mode & 0o077:
        folder.chmod(0o700)
    return folder / f"{identity}.sock"
