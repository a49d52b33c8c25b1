"""`python -m tests.trust [--full] [NAME …]`: tries every control and prints the table."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.trust.trying import modules, tried


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chosen controls; 0 only if each held and each negative control failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--full", action="store_true", help="at the full sizes (long)")
    parser.add_argument("--jobs", type=int, help="modules at once")
    options = parser.parse_args(argv)
    jobs = options.jobs or (1 if options.full else (os.cpu_count() or 1) + 1)
    print("| control | tried | held | with the protection off | seconds |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    held = []
    apart = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=apart, max_tasks_per_child=1) as processes:
        runs = [
            processes.submit(tried, module, options.names, full=options.full)
            for module in modules(options.names)
        ]
        for one in (one for run in runs for one in run.result()):
            held.append(one.held)
            print(one.row, flush=True)
            for note in one.notes:
                print(f"  {note}", file=sys.stderr, flush=True)
    return 0 if held and all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
