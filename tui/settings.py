"""The developer's own settings of the screen: keys, signs and theme, from one small file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
from msgspec.structs import replace

from factory.model import Struct
from tui import keys, notices


class Settings(Struct):
    """`keys.toml` in the configuration folder; all of it is optional."""

    keys: dict[str, str] = msgspec.field(default_factory=dict)
    """`"floor.say" = "S"`: other keys for an action, comma between several."""
    signs: str = ""
    """`ascii` for terminals that lack the signs."""
    theme: str = ""
    """`factory`, `-light`, `-contrast` or `-blue-orange` after it, or one of Textual's own."""
    notify: str = ""
    """`bell, osc9`: how it tells that an item has turned to you; `none` for not at all.

    Empty for a bell, and what the terminal is known to show.
    """
    remarks: tuple[str, ...] = ()
    """The developer's own ready-made remarks; `ctrl+r` in a box offers them first."""
    problems: tuple[str, ...] = ()
    """What is wrong with the file, a sentence each; what is wrong is not used."""


def path() -> Path:
    """Where the file is looked for."""
    import platformdirs

    return platformdirs.user_config_path("factory-tui") / "keys.toml"


def load(file: Path) -> Settings:
    """Read the settings; a missing file is an empty one, a wrong one is named, never fatal."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        return Settings(problems=(f"{file} cannot be read: {error}",))
    try:
        settings = msgspec.convert(tomllib.loads(text), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        return Settings(problems=(f"{file}: {error}",))
    wrong = keys.mistakes(settings.keys)
    problems = tuple(f"{file}: {said}" for said in (*wrong, *notices.mistakes(settings.notify)))
    return replace(settings, keys={} if wrong else settings.keys, problems=problems)
