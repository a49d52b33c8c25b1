"""A first program inside, where others run beside it: `beside.py PLAN PROGRAM …`.

PLAN is JSON (`factory.sandbox.company`). The services are started in their order, each once the
one before it can be used; then what comes before the program runs, and the program itself. Its exit
code is ours. Whatever is left of the services then ends with the sandbox.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

NOT_BEGUN = 125
_TICK = 0.05
_GRACE = 5.0
_TOLD = 20


class NotBegunError(Exception):
    """Something that the program needs is not there; the message says what."""


class Service:
    """One service, from its start to its end."""

    def __init__(self, plan: dict[str, Any], shell: str, *, apart: bool) -> None:
        self.name: str = plan["name"]
        self._plan = plan
        folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), "services")
        os.makedirs(folder, exist_ok=True)
        self._log = os.path.join(folder, f"{self.name}.log")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._log)
        port = plan["port"]
        self._variables = {**os.environ, **({"PORT": str(port)} if port else {})}
        self._shell = shell
        self._apart = apart
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [shell, "-c", plan["run"]], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._variables, process_group=0 if apart else None,
            )  # fmt: skip

    def wait(self) -> None:
        """Until it can be used. Raises NotBegunError."""
        end = time.monotonic() + self._plan["timeout"]
        while not self._usable():
            if self._process.poll() is not None:
                raise NotBegunError(self._told(f"ended with {self._process.returncode}"))
            if time.monotonic() > end:
                raise NotBegunError(self._told(f"was not ready in {self._plan['timeout']:g} s"))
            time.sleep(_TICK)

    def _usable(self) -> bool:
        if self._plan["ready"]:
            done = subprocess.run(
                [self._shell, "-c", self._plan["ready"]], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self._variables,
                timeout=self._plan["timeout"], check=False,
            )  # fmt: skip
            return done.returncode == 0
        if not self._plan["port"]:
            return self._process.poll() is None
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(("127.0.0.1", self._plan["port"])) == 0

    def _told(self, what: str) -> str:
        with open(self._log, errors="replace") as log:
            said = "".join(f"\n  {line.rstrip()}" for line in log.readlines()[-_TOLD:])
        return f"the service {self.name} {what}; it said:{said or ' nothing'}"

    def gone(self) -> str:
        """A sentence where it ended before it was told to; empty where it still runs."""
        code = self._process.poll()
        return "" if code is None else self._told(f"ended with {code} while others needed it")

    def end(self) -> None:
        """Ask it to end."""
        with contextlib.suppress(ProcessLookupError):
            if self._apart:
                os.killpg(self._process.pid, signal.SIGTERM)
            else:
                self._process.terminate()

    def leave(self, end: float) -> None:
        """Give it until then to end in peace."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, end - time.monotonic()))


def main() -> int:
    """Run the program in the arguments in its company."""
    plan = json.loads(sys.argv[1])
    shell = os.environ.get("SHELL", "/bin/sh")
    services: list[Service] = []
    try:
        for one in plan["services"]:
            services.append(Service(one, shell, apart=plan["apart"]))
            services[-1].wait()
        for command in plan["before"]:
            done = subprocess.run([shell, "-c", command], stdin=subprocess.DEVNULL, check=False)
            if done.returncode:
                raise NotBegunError(f"`{command}` ended with {done.returncode}")
        code = subprocess.run(sys.argv[2:], check=False).returncode
        gone = [sentence for service in services if (sentence := service.gone())]
        if gone:
            _say("; ".join(gone), plan["report"])
    except (NotBegunError, OSError, subprocess.TimeoutExpired) as error:
        _say(f"not begun: {error}", plan["report"])
        return NOT_BEGUN
    finally:
        for service in reversed(services):
            service.end()
        end = time.monotonic() + _GRACE
        for service in services:
            service.leave(end)
    return code if code >= 0 else 128 - code


def _say(what: str, report: str) -> None:
    print(f"[{what}]", file=sys.stderr, flush=True)
    if report:
        with open(report, "w") as file:
            file.write(what)


if __name__ == "__main__":
    sys.exit(main())
