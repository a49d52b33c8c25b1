"""The developer's own settings of the screen: keys, signs and theme, from one small file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from factory.model import Struct
from tui import keys


class Settings(Struct):
    """`keys.toml` in the configuration folder; all of it is optional."""

    keys: dict[str, str] = msgspec.field(default_factory=dict)
    """`"floor.say" = "S"`: other keys for an action, comma between several."""
    signs: str = ""
    """`ascii` for terminals that lack the signs."""
    theme: str = ""
    """`factory`, `-light`, `-contrast` or `-blue-orange` after it, or one of Textual's own."""
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
    if wrong:
        problems = tuple(f"{file}: {sentence}" for sentence in wrong)
        return Settings(signs=settings.signs, theme=settings.theme, problems=problems)
    return settings
