"""The machine's package index settings, for `setup` alone: variables, files and what they name."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from factory.sandbox.profiles import HOME, Bind, Environment

_PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_", "CARGO_HTTP_", "CARGO_REGISTRIES_")
_NAMES = frozenset(
    {
        "ALL_PROXY",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "GONOSUMDB",
        "GOPROXY",
        "GOSUMDB",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NODE_EXTRA_CA_CERTS",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
    }
)
_NOT = re.compile(
    r"PUBLISH|AUTH|_TOKEN$|CACHE(_DIR)?$|_PREFIX$|^PIP_(TARGET|USER|PYTHON|LOG)$"
    r"|^UV_(PROJECT|PYTHON|TOOL|INSTALL)"
)
"""What lets one publish, and what says where to: setup writes to /env and its caches only."""
_SYSTEM_FILES = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/uv", "/etc/npmrc")
_HOME_FILES = (".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml", ".config/go/env")
_BROAD = frozenset({"/", "/dev", "/etc", "/home", "/proc", "/root", "/run", "/sys", "/tmp", "/var"})
_ALWAYS = "/usr"


def registries(environ: Mapping[str, str], home: Path) -> Environment:
    """All that an installer needs to know of this machine's indexes, and no key to publish with.

    Of ~/.npmrc, which may hold such keys, only the registry's address is taken.
    """
    variables = {name: value for name, value in environ.items() if _wanted(name)}
    npm = _npm_registry(home / ".npmrc")
    if npm and not any(name.upper() == "NPM_CONFIG_REGISTRY" for name in variables):
        variables["npm_config_registry"] = npm
    system = [Path(name) for name in _SYSTEM_FILES if Path(name).exists()]
    own = [name for name in _HOME_FILES if (home / name).is_file()]
    texts = [*variables.values()]
    for file in (*_files(system), *(home / name for name in own)):
        texts += _values(file)
    named = sorted({path for text in texts for path in _paths(text, home)})
    return Environment(
        binds=(
            *(Bind(host=str(path), inside=str(path)) for path in (*system, *named)),
            *(Bind(host=str(home / name), inside=f"{HOME}/{name}") for name in own),
        ),
        env=tuple(sorted(variables.items())),
    )


def _wanted(name: str) -> bool:
    upper = name.upper()
    return (upper.startswith(_PREFIXES) or upper in _NAMES) and not _NOT.search(upper)


def _npm_registry(file: Path) -> str:
    if not file.is_file():
        return ""
    found = re.search(r"^\s*registry\s*=\s*(\S+)", file.read_text(errors="replace"), re.MULTILINE)
    return found[1] if found else ""


def _files(places: list[Path]) -> Iterator[Path]:
    for place in places:
        yield from [place] if place.is_file() else sorted(place.glob("*.conf"))


def _values(file: Path) -> list[str]:
    """All values of an ini file; a file that is none is searched as it stands."""
    text = file.read_text(errors="replace")
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return [text]
    return [value for section in parser.sections() for _name, value in parser.items(section)]


def _paths(text: str, home: Path) -> Iterator[str]:
    """Files and folders of this machine that a value names, but no folder that holds a home.

    An index on disk links to files beside it, so its parent is what is needed.
    """
    for word in re.split(r"[\s,;\"'=\[\]]+", text):
        path = Path(unquote(word.removeprefix("file://")))
        if path.name == "simple":
            path = path.parent
        if not path.is_absolute() or ".." in path.parts or path.is_relative_to(_ALWAYS):
            continue
        if str(path) in _BROAD or home.is_relative_to(path) or not path.exists():
            continue
        yield str(path)
