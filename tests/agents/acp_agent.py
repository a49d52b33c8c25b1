"""A scripted agent that speaks the Agent Client Protocol, at the edge of the network.

It runs as a program of its own, with nothing but the standard library, so that it stands for
anybody's. What it does is decided by the words it is prompted with; a session is a file below
SESSIONS, so that one that was killed can be taken up. Flags: `--load`, `--resume` (what it offers),
`--auth` (it wants to be signed in first), `--options` (its sessions have a model to choose),
`--modes` (and ways to ask leave), `--stubborn` (it lets nothing be chosen). What is chosen is
written into the worktree.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess  # noqa: TID251 - an agent program of its own, not ours
import sys
import threading
import time
from pathlib import Path
from typing import Any

SESSIONS = Path(os.environ.get("ACP_SESSIONS", "/tmp/sessions"))
Message = dict[str, Any]


class Agent:
    def __init__(self, flags: list[str]) -> None:
        self.flags = flags
        self.session = ""
        self.signed_in = "--auth" not in flags
        self.cancelled = threading.Event()
        self.answers: dict[int, Message] = {}
        self.answered = threading.Condition()
        self.writing = threading.Lock()
        self.asked = 1000
        self.calls = 0

    # --- the wire ------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        with self.writing:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            sys.stdout.flush()

    def update(self, what: str, /, **fields: Any) -> None:
        update = {"sessionUpdate": what, **fields}
        self.send(
            {"method": "session/update", "params": {"sessionId": self.session, "update": update}}
        )

    def request(self, method: str, params: Message) -> Message:
        self.asked += 1
        number = self.asked
        self.send({"id": number, "method": method, "params": params})
        with self.answered:
            self.answered.wait_for(lambda: number in self.answers or self.cancelled.is_set())
        return self.answers.pop(number, {})

    def listen(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "method" not in message:
                with self.answered:
                    self.answers[message["id"]] = message.get("result") or {}
                    self.answered.notify_all()
            elif message["method"] == "session/cancel":
                self.cancelled.set()
                with self.answered:
                    self.answered.notify_all()
            elif message["method"] == "session/prompt":
                threading.Thread(target=self.reply, args=(message,), daemon=True).start()
            else:
                self.reply(message)

    def reply(self, message: Message) -> None:
        try:
            result = self.answer(message["method"], message.get("params") or {})
            self.send({"id": message["id"], "result": result})
        except RefusalError as refusal:
            error = {"code": refusal.code, "message": refusal.message}
            self.send({"id": message["id"], "error": error})

    # --- the protocol --------------------------------------------------------------------------

    def answer(self, method: str, params: Message) -> Message:  # noqa: C901, PLR0912 - a list of methods
        match method:
            case "initialize":
                can: Message = {"loadSession": "--load" in self.flags}
                if "--resume" in self.flags:
                    can["sessionCapabilities"] = {"resume": {}}
                ways = [{"id": "openai", "name": "by key"}] if "--auth" in self.flags else []
                info = {"name": "scripted", "version": "1.0"}
                return {"protocolVersion": 1, "agentCapabilities": can, "agentInfo": info,
                        "authMethods": ways}  # fmt: skip
            case "authenticate":
                self.signed_in = True
                return {}
            case "session/new":
                if not self.signed_in:
                    raise RefusalError(-32000, "Authentication required")
                self.session = (
                    f"s{len(list(SESSIONS.glob('*'))) + 1}" if SESSIONS.is_dir() else "s1"
                )
                self.keep([])
                return {"sessionId": self.session, **self.options()}
            case "session/load" | "session/resume":
                self.session = params["sessionId"]
                if not (SESSIONS / self.session).exists():
                    raise RefusalError(-32602, "Session not found")
                if method == "session/load":
                    for said in self.kept():
                        self.update("user_message_chunk", content={"type": "text", "text": said})
                        self.say(f"(long ago: {said[:20]})")
                return self.options()
            case "session/set_config_option" | "session/set_mode" if "--stubborn" in self.flags:
                raise RefusalError(-32602, "No such choice")
            case "session/set_config_option":
                Path("model").write_text(params["value"])
                return self.options()
            case "session/set_mode":
                Path("mode").write_text(params["modeId"])
                return {}
            case "session/prompt":
                text = "".join(part["text"] for part in params["prompt"])
                self.cancelled.clear()
                self.keep([*self.kept(), text])
                return self.prompted(text)
            case _:
                raise RefusalError(-32601, f"Method not found: {method}")

    def options(self) -> Message:
        modes = {"currentModeId": "auto", "availableModes": [
            {"id": one, "name": one.title()} for one in ("plan", "default", "auto", "yolo")
        ]}  # fmt: skip
        own: Message = {"modes": modes} if "--modes" in self.flags else {}
        if "--options" not in self.flags:
            return own
        option = {"id": "m", "name": "Model", "category": "model", "type": "select",
                  "currentValue": "small",
                  "options": [{"value": "small", "name": "Small"},
                              {"value": "$9|middling", "name": "middling"}]}  # fmt: skip
        return {**own, "configOptions": [option]}

    def keep(self, said: list[str]) -> None:
        SESSIONS.mkdir(parents=True, exist_ok=True)
        (SESSIONS / self.session).write_text(json.dumps(said))

    def kept(self) -> list[str]:
        found: list[str] = json.loads((SESSIONS / self.session).read_text())
        return found

    # --- what it does --------------------------------------------------------------------------

    def say(self, text: str) -> None:
        middle = len(text) // 2
        for part in (text[:middle], text[middle:]):
            self.update("agent_message_chunk", content={"type": "text", "text": part})

    def think(self, text: str) -> None:
        self.update("agent_thought_chunk", content={"type": "text", "text": text})

    def plan(self, *steps: str, done: int = 0) -> None:
        entries = [
            {"content": step, "priority": "medium",
             "status": "completed" if at < done else "in_progress" if at == done else "pending"}
            for at, step in enumerate(steps)
        ]  # fmt: skip
        self.update("plan", entries=entries)

    def edit(self, path: str, text: str) -> None:
        self.calls += 1
        name = f"{self.session}-{os.getpid()}-{self.calls}"
        old = Path(path).read_text() if Path(path).exists() else None
        self.update("tool_call", toolCallId=name, title=f"Write {path}", kind="edit",
                    status="pending")  # fmt: skip
        Path(path).write_text(text)
        diff = {"type": "diff", "path": str(Path(path).absolute()), "newText": text}
        if old is not None:
            diff["oldText"] = old
        self.update("tool_call_update", toolCallId=name, status="completed", content=[diff])

    def run(self, command: str) -> int:
        self.calls += 1
        name = f"{self.session}-{os.getpid()}-{self.calls}"
        self.update("tool_call", toolCallId=name, title=command, kind="execute",
                    status="in_progress", rawInput={"command": command})  # fmt: skip
        pipe = subprocess.PIPE
        both = subprocess.STDOUT
        done = subprocess.Popen(command, shell=True, stdout=pipe, stderr=both, process_group=0)
        while done.poll() is None and not self.cancelled.wait(0.02):
            pass
        if done.poll() is None:
            os.killpg(done.pid, signal.SIGKILL)
        printed = done.communicate()[0].decode()
        said = [{"type": "content", "content": {"type": "text", "text": printed}}]
        self.update("tool_call_update", toolCallId=name, content=said,
                    status="failed" if done.returncode else "completed",
                    rawOutput={"exit_code": done.returncode})  # fmt: skip
        return done.returncode

    def leave(self, what: str) -> str:
        """Ask leave for a command; the kind of the answer, or `cancelled`."""
        self.calls += 1
        call = {"toolCallId": f"p{self.calls}", "title": what, "kind": "execute",
                "rawInput": {"command": what}}  # fmt: skip
        options = [
            {"optionId": f"id-{kind}", "name": kind, "kind": kind}
            for kind in ("reject_once", "allow_once", "allow_always")
        ]
        given = {"sessionId": self.session, "toolCall": call, "options": options}
        outcome = self.request("session/request_permission", given).get("outcome") or {}
        return str(outcome.get("optionId", "cancelled")).removeprefix("id-")

    def usage(self, cost: float) -> None:
        self.update("usage_update", used=1000, size=200_000,
                    cost={"amount": cost, "currency": "USD"})  # fmt: skip

    def prompted(self, text: str) -> Message:  # noqa: C901, PLR0912 - a list of things it can do
        end: Message = {"stopReason": "end_turn"}
        told = "\n".join(self.kept())
        if "greet louder" in text:
            self.run("tr a-z A-Z < greeting.txt > loud.txt")
            self.say("It is loud now.")
        elif "Task: Ask" in told:
            if "call it" in told:
                self.edit("named.txt", "named\n")
                self.say("It has a name.")
            else:
                self.say("I cannot know this.\nQUESTION: Which name shall it have?")
        elif "Task: Sleep" in told:
            self.run("sleep $(cat nap)")
        elif "Task: Leave" in told:
            answer = self.leave("make release")
            if answer == "cancelled":
                return {"stopReason": "cancelled"}
            if answer.startswith("allow"):
                self.run("echo released > release.txt")
            self.say(f"I was told: {answer}.")
        elif "Task: Crash" in told:
            if (SESSIONS / "crashed").exists():
                self.edit("crash.txt", "over\n")
                self.edit("greeting.txt", "hello\nuniverse\n")
                return end
            (SESSIONS / "crashed").write_text("yes")
            self.say("I shall be brief.")
            sys.stderr.write("panicked at src/main.rs\n")
            sys.stderr.flush()
            os._exit(101)
        elif "Task: Limited" in told:
            raise RefusalError(-32603, "429 rate limit exceeded, try again in 20 minutes")
        elif "Task: Spent" in told:
            raise RefusalError(-32603, "Your credit balance is too low")
        elif "Task: Odd" in told:
            self.odd()
        elif "Task: Flood" in told:
            for number in range(20_000):
                self.update("agent_message_chunk",
                            content={"type": "text", "text": f"line {number}\n"})  # fmt: skip
            self.edit("greeting.txt", "hello\nuniverse\n")
        elif "Task: Slow" in told:
            if (SESSIONS / "cancelled").exists():
                self.edit("slow.txt", "over\n")
                self.edit("greeting.txt", "hello\nuniverse\n")
                return end
            while not self.cancelled.is_set():
                self.say("still here")
                time.sleep(0.2)
            (SESSIONS / "cancelled").write_text("yes")
            return {"stopReason": "cancelled"}
        else:
            self.greet()
            end["usage"] = {"totalTokens": 1500, "inputTokens": 1000, "outputTokens": 300,
                            "cachedReadTokens": 200}  # fmt: skip
        return end

    def greet(self) -> None:
        self.think("There is nothing here yet.")
        self.plan("create", "replace")
        self.say("I begin with a file that greets the world.")
        self.edit("greeting.txt", "hello\nworld\n")
        self.usage(0.01)
        self.plan("create", "replace", done=1)
        if self.leave("replace world").startswith("allow"):
            self.edit("greeting.txt", "hello\nuniverse\n")
        self.run("cat greeting.txt")
        self.usage(0.03)
        self.say("It greets the universe.")

    def odd(self) -> None:
        """Everything that a program of tomorrow, or a broken one, may write."""
        self.update("mind_reading", thoughts=[1, 2])
        self.update("mind_reading", thoughts=[3])
        self.update("tool_call", toolCallId=7)
        self.update("agent_message_chunk", content=None)
        self.update("tool_call_update", toolCallId="never-begun", status="completed", content="?")
        self.send({"method": "session/glow", "params": {"colour": "green"}})
        self.send({"method": "session/update", "params": None})
        with self.writing:
            sys.stdout.buffer.write(b"warning: \xff\xfe is no text\n{half a message\n[1, 2]\n\n")
            sys.stdout.buffer.flush()
        if self.request("fs/read_text_file", {"path": "/etc/passwd"}):
            self.say("I read a file of yours.")
        self.update("agent_message_chunk", content={"type": "text", "text": "x" * 10_000_000})
        self.edit("greeting.txt", "hello\nuniverse\n")
        self.say("Odd, but done.")


class RefusalError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


if __name__ == "__main__":
    Agent(sys.argv[1:]).listen()
