"""Where the engine's source runs git, and with which words, so that none is left out. Pure."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from factory.model import Struct
from tests.trust.vectors.recording import Line

ROOT = Path(__file__).parents[3] / "factory"
ASKING = ("git", "ask", "history", "vault")
"""What a `Git`, or a question to the developer's repository, is called where it is asked."""
_WORDS = (*(f"{name}(" for name in ASKING), "execute(", "execute_alone(", "subprocess.run(")
NOT_THE_ENGINES = {
    "git/fresh.py": "the demo makes a repository of its own with it, before there is an engine",
    "checkup.py": "`doctor` asks git for its version, in the root folder",
    "git/command.py": "the seam itself",
    "agents/acp/__init__.py": "what it asks is an agent's program",
}


class Site(Struct):
    """One place in the source at which git is run."""

    place: str
    words: tuple[str, ...]
    """The words that stand there, in order; what is computed is left out."""

    def ran(self, line: Line) -> bool:
        """Whether a recorded line may be this one's: it has all the words, in their order."""
        rest = iter(line.whole)
        return all(word in rest for word in self.words)


@functools.lru_cache
def sites() -> tuple[Site, ...]:
    """All places in the engine at which git is run."""
    found: list[Site] = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text()
        if name not in NOT_THE_ENGINES and any(word in text for word in _WORDS):
            found += _sites(name, ast.parse(text))
    return tuple(found)


def unseen(lines: Iterable[Line]) -> tuple[Site, ...]:
    """The places that no recorded line comes from."""
    known = tuple(lines)
    return tuple(site for site in sites() if not any(site.ran(line) for line in known))


def _sites(name: str, module: ast.Module) -> Iterator[Site]:
    everywhere = dict(_constants(module.body))
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        known = everywhere | dict(_constants(ast.walk(function)))
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _asks(node):
                words = tuple(_words(node.args, known))
                if words:
                    yield Site(place=f"{name}:{node.lineno}", words=words)


def _asks(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in ASKING:
            return True
        case ast.Name(id="execute" | "execute_alone"):
            return True
        case ast.Attribute(value=ast.Name(id="subprocess"), attr="run"):
            return True
    return False


def _constants(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Lists and tuples of words that have a name, what was added to them later included."""
    found: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List() | ast.Tuple() as value):
                found[name] = tuple(_words(value.elts, {}))
            case ast.AugAssign(target=ast.Name(id=name), value=ast.List() as value):
                found[name] = (*found.get(name, ()), *_words(value.elts, {}))
    yield from found.items()


def _words(nodes: Iterable[ast.expr], known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Constant(value=str(word)):
                yield word
            case ast.Starred(value=ast.Name(id=name)) | ast.Name(id=name):
                yield from known.get(name, ())
