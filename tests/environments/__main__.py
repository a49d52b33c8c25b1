"""`python -m tests.environments [NAME …]`: each preset on a real project; minutes, not seconds.

What is not on PATH is said and counts as not shown. `GOPROXY` says where Go modules come from,
`--crates` where Debian's source of crates lies, on a machine that does not reach crates.io.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.environments.journey import CRATES, MissingError, travel
from tests.environments.samples import ALL, Sample


def main(argv: Sequence[str] | None = None) -> int:
    """Travel with each; 0 only if each that this machine has the tools for arrived."""
    names = [sample.name for sample in ALL]
    parser = argparse.ArgumentParser(prog="python -m tests.environments")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--crates", default=CRATES, metavar="FOLDER")
    parser.add_argument("--show", action="store_true", help="print each factory.toml")
    options = parser.parse_args(argv)
    unknown = sorted(set(options.names) - set(names))
    if unknown:
        parser.error(f"no sample {', '.join(unknown)}; there are {', '.join(names)}")
    print("| project | arrived | init | in all | setup |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    chosen = [sample for sample in ALL if not options.names or sample.name in options.names]
    held = [_one(sample, options.crates, show=options.show) for sample in chosen]
    return 0 if all(held) else 1


def _one(sample: Sample, crates: str, *, show: bool) -> bool:
    home = Path(tempfile.mkdtemp(prefix="ft-"))
    os.environ["FACTORY_TUI_HOME"] = str(home / "state")
    try:
        found = asyncio.run(travel(sample, home, crates))
    except MissingError as error:
        print(f"| {sample.name} | not here: {error} | | | |", flush=True)
        return False
    except AssertionError as error:
        print(f"| {sample.name} | NO | | | |", flush=True)
        print(error, file=sys.stderr, flush=True)
        return False
    finally:
        shutil.rmtree(home, ignore_errors=True)
    held = found.shows == sample.says and set(sample.guardrails) <= set(found.green)
    if not held:
        print(f"{found.shows!r}, green: {found.green}", file=sys.stderr)
    setup = "; ".join(found.environment.setup).replace("|", "\\|")
    print(f"| {sample.name} | {'yes' if held else 'NO'}: {', '.join(found.green)} "
          f"| {found.built:.0f} s | {found.seconds:.0f} s | `{setup}` |", flush=True)  # fmt: skip
    if show:
        print(found.text)
    return held


if __name__ == "__main__":
    sys.exit(main())
