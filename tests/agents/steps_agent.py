"""A scripted agent that takes six small steps and asks its model before each: it is to be killed.

A program of its own on the standard library alone, so that it stands for anybody's. It works as
`acp` or as `events` (the line protocol of `command`). A session is a file in its own folder: what
it heard, and the steps that it remembers; a step of which it does not know whether it ran is looked
for first. Words: MARK (in its command line and in those of its tools), PORT (of the model), the
form, then flags: `--load`, `--resume` (what it offers), `--forgets` (it takes a session up and
knows nothing of it).
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess  # noqa: TID251 - an agent program of its own, not ours
import sys
import threading
import time
from pathlib import Path
from typing import Any

STEPS = 6
TRIES = 3
Message = dict[str, Any]
HOME = Path(os.environ.get("STEPS_SESSIONS", "sessions"))


class RefusalError(Exception):
    """What it tells its client."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Session:
    """What it remembers; written whole, so that a kill leaves the old one or the new one."""

    def __init__(self, name: str) -> None:
        self.file = HOME / name
        self.memory: Message = {"heard": [], "made": 0, "mine": 0, "taken_up": 0}

    def load(self) -> Session:
        self.memory = json.loads(self.file.read_text())
        self.memory["taken_up"] += 1
        return self.save()

    def save(self) -> Session:
        HOME.mkdir(parents=True, exist_ok=True)
        new = HOME / f".{self.file.name}.new"
        new.write_text(json.dumps(self.memory))
        new.replace(self.file)
        return self

    def hear(self, text: str) -> None:
        self.memory["heard"].append(text)
        self.save()

    @property
    def title(self) -> str:
        found = re.search(r"Task: (\w+)", "\n".join(self.memory["heard"]))
        return found[1] if found else ""


class Worker:
    """Takes the steps; `tell` is given what it does, `stops` whether it was told to stop."""

    def __init__(self, mark: str, port: int) -> None:
        self.mark, self.port = mark, port
        self.stopped = threading.Event()

    def work(self, session: Session, tell: Any) -> bool:
        """All the steps that are left; False where it was told to stop, or knows of no task."""
        memory = session.memory
        while session.title and memory["made"] < STEPS and not self.stopped.is_set():
            self.ask_model()
            number = memory["made"] + 1
            line, file = f"{session.title} {number}", f"{session.title}.txt"
            append = f"{{ sleep 0.1; echo '{line}' >> {file}; }}"
            command = f": {self.mark} tool; grep -qsx '{line}' {file} || {append}"
            name = f"{session.file.name}-{os.getpid()}-{time.monotonic_ns()}"
            tell(name, command, None)
            code = subprocess.run(("sh", "-c", command), check=False).returncode
            if code == 0:
                memory["made"], memory["mine"] = number, memory["mine"] + 1
                session.save()
            tell(name, command, code)
        return bool(memory["made"] == STEPS)

    def ask_model(self) -> None:
        """Ask what comes next, as often as programs do. Raises RefusalError."""
        why = ""
        for attempt in range(TRIES):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
                    line.sendall(b"GET /step HTTP/1.0\r\nHost: model\r\n\r\n")
                    heard = b""
                    while more := line.recv(4096):
                        heard += more
                if b" 200 " in heard and b"go on" in heard:
                    return
                why = "Connection reset by peer"
            except OSError as error:
                why = error.strerror or str(error)
            time.sleep(0.05 * attempt)
        raise RefusalError(-32603, f"API Error: Connection error. (cause: {why})")


# --- the line protocol of `command` ------------------------------------------------------------


def events(worker: Worker, flags: list[str]) -> None:
    def say(**event: Any) -> None:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()

    def tell(name: str, command: str, code: int | None) -> None:
        if code is None:
            say(type="tool", id=name, name="bash", command=command)
        else:
            say(type="result", id=name, exit_code=code, failed=code != 0)

    name = os.environ.get("FACTORY_SESSION", "")
    known = name and (HOME / name).exists()
    session = Session(name).load() if known else Session(f"s{time.time_ns()}").save()
    if "--forgets" in flags and known:
        session.memory["heard"], session.memory["made"] = [], 0
    session.hear(Path(os.environ["FACTORY_PROMPT_FILE"]).read_text())
    say(type="session", id=session.file.name)
    try:
        worker.work(session, tell)
    except RefusalError as refusal:
        say(type="error", message=str(refusal))
        sys.exit(1)
    say(type="done", summary=f"{session.title}: {session.memory['made']} steps are made.")


# --- the Agent Client Protocol -----------------------------------------------------------------


class Acp:
    def __init__(self, worker: Worker, flags: list[str]) -> None:
        self.worker, self.flags = worker, flags
        self.session = Session("none")
        self.writing = threading.Lock()

    def send(self, message: Message) -> None:
        with self.writing:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            sys.stdout.flush()

    def update(self, what: str, /, **fields: Any) -> None:
        update = {"sessionUpdate": what, **fields}
        params = {"sessionId": self.session.file.name, "update": update}
        self.send({"method": "session/update", "params": params})

    def listen(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            match message.get("method"):
                case "session/cancel":
                    self.worker.stopped.set()
                case "session/prompt":
                    threading.Thread(target=self.reply, args=(message,), daemon=True).start()
                case _:
                    self.reply(message)

    def reply(self, message: Message) -> None:
        try:
            result = self.answer(message["method"], message.get("params") or {})
            self.send({"id": message["id"], "result": result})
        except RefusalError as refusal:
            error = {"code": refusal.code, "message": str(refusal)}
            self.send({"id": message["id"], "error": error})

    def answer(self, method: str, params: Message) -> Message:
        match method:
            case "initialize":
                can: Message = {"loadSession": "--load" in self.flags}
                if "--resume" in self.flags:
                    can["sessionCapabilities"] = {"resume": {}}
                return {"protocolVersion": 1, "agentCapabilities": can, "authMethods": []}
            case "session/new":
                self.session = Session(f"s{time.time_ns()}").save()
                return {"sessionId": self.session.file.name}
            case "session/load" | "session/resume":
                return self.take_up(params["sessionId"], again=method == "session/load")
            case "session/prompt":
                return self.prompted("".join(part["text"] for part in params["prompt"]))
            case _:
                raise RefusalError(-32601, f"Method not found: {method}")

    def take_up(self, name: str, *, again: bool) -> Message:
        if not (HOME / name).exists():
            raise RefusalError(-32602, "Session not found")
        self.session = Session(name).load()
        if "--forgets" in self.flags:
            self.session.memory["heard"], self.session.memory["made"] = [], 0
        for said in self.session.memory["heard"] if again else ():
            self.update("user_message_chunk", content={"type": "text", "text": said})
        return {}

    def prompted(self, text: str) -> Message:
        self.worker.stopped.clear()
        self.session.hear(text)
        self.worker.work(self.session, self.tell)
        if self.worker.stopped.is_set():
            return {"stopReason": "cancelled"}
        made = f"{self.session.title}: {self.session.memory['made']} steps are made."
        self.update("agent_message_chunk", content={"type": "text", "text": made})
        return {"stopReason": "end_turn"}

    def tell(self, name: str, command: str, code: int | None) -> None:
        if code is None:
            self.update("tool_call", toolCallId=name, title=command, kind="execute",
                        status="in_progress", rawInput={"command": command})  # fmt: skip
        else:
            self.update("tool_call_update", toolCallId=name, rawOutput={"exit_code": code},
                        status="failed" if code else "completed")  # fmt: skip


if __name__ == "__main__":
    mark, port, form, *flags = sys.argv[1:]
    worker = Worker(mark, int(port))
    if form == "acp":
        Acp(worker, flags).listen()
    else:
        events(worker, flags)
