"""A program with granted hosts: where it gets, where it does not, and what is written down."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess  # noqa: TID251 - an engine that can be killed must be a process of its own
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory import hosts, sandbox
from factory.entry import Remark
from factory.hosts import Place
from factory.model import SandboxError, TaskState
from factory.sandbox import Profile, bubblewrap, contacts, network
from factory.sandbox.contacts import Contact, Record
from factory.sandbox.escapes import suite
from factory.sandbox.escapes.suite import Sign
from factory.sandbox.proxy import AT_ONCE, Patience, Proxy
from factory.transcript import Transcript
from tests.agents.bench import running
from tests.developer import Developer
from tests.works import SCRIPT, Works, settings, told, works

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")

HERE = ("127.0.0.1",)
WAYS_OUT = ("loopback", "loopback_6", "datagram", "datagram_6", "name_asked", "connected_out",
            "route_out", "route_out_6", "echo_out", "interfaces", "listeners",
            "raw_socket")  # fmt: skip


class Server:
    """A server of the developer's machine, and how often it was called."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            self.heard.append((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[0])
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nhere I "
            )
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[Server]:
    listening = socket.create_server(("127.0.0.1", 0))
    found = Server(listening.getsockname()[1])
    async with await asyncio.start_server(found.serve, sock=listening):
        yield found


def profile(tmp_path: Path, *hosts: str) -> Profile:
    for name in ("tree", "scratch"):
        (tmp_path / name).mkdir(exist_ok=True)
    return sandbox.cli(str(tmp_path / "tree"), str(tmp_path / "scratch"), hosts=hosts)


def written(tmp_path: Path) -> tuple[Contact, ...]:
    return contacts.read(tmp_path / "network" / contacts.FILE)


async def said(shown: Profile, command: str) -> list[str]:
    output = bytearray()
    await sandbox.run(shown, command, on_output=output.extend)
    return output.decode().split("\n")


def test_a_program_reaches_what_is_granted_and_each_contact_is_written_down(
    tmp_path: Path,
) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "ask.py").write_text(
        "import sys, urllib.request, urllib.error\n"
        "try: print(urllib.request.urlopen(sys.argv[1]).read().decode())\n"
        "except urllib.error.HTTPError as error: print(error.code, error.read().decode())\n"
    )

    async def story() -> None:
        async with server() as ours, server() as theirs:
            near, far = f"127.0.0.1:{ours.port}", f"api.example.com:{theirs.port}"
            shown = profile(tmp_path, near, far, f"127.0.0.1:{theirs.port}")
            ask = "python /tmp/ask.py http://"
            command = (
                f"{ask}{near}/direct; {ask}localhost:{ours.port}/direct; {ask}{far}/plain; "
                f"curl -sSp http://{far}/tunnel; echo; {ask}telemetry.example.com/x; "
                f"exec 3<>/dev/tcp/127.0.0.1/9 || echo shut; ls /proc/self/fd | wc -w; "
                "curl --noproxy '*' -sSm 5 http://198.51.100.1/ 2>&1 | grep -c curl:"
            )
            asked: list[str] = []

            def resolve(name: str, _port: int) -> Sequence[str]:
                asked.append(name)
                return HERE

            async with network.granted(shown, tmp_path / "network", resolve=resolve) as granted:
                lines = await said(granted.profile, command)
            here = ["here I "]
            refused = "403 factory-tui refused telemetry.example.com:80: it is not among the hosts "
            assert lines[:4] == here * 4
            assert lines[4].startswith(refused)
            assert "shut" in lines
            assert lines[-2] == "1", "past the proxy there is no way"
            assert lines[-3] == "4", "nothing of ours is open in it"
            assert ours.heard == ["GET /direct HTTP/1.1"] * 2
            assert theirs.heard == ["GET /plain HTTP/1.1", "GET /tunnel HTTP/1.1"]
            assert asked == ["api.example.com"] * 2, "nobody is asked for a name that is refused"
            summary = granted.summary()
        assert summary.startswith(f"network: {far} 2 times, ")
        assert summary.endswith("; refused: telemetry.example.com:80 once")

    asyncio.run(story())
    assert [(one.host, one.allowed) for one in written(tmp_path)] == [
        ("localhost", True), ("localhost", True), ("api.example.com", True),
        ("api.example.com", True), ("telemetry.example.com", False),
    ]  # fmt: skip
    first = written(tmp_path)[0]
    assert first.sent > 40
    assert first.received > 60
    assert first.seconds is not None
    assert (tmp_path / "network").stat().st_mode & 0o777 == 0o700


def test_the_ways_out_past_the_proxy_are_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same ways are open where the host's network is shared."""
    tried = asyncio.run(suite.attempt("hosts", only=WAYS_OUT))
    assert {one.sign for one in tried} <= {Sign.HELD, Sign.UNTRIED}
    assert sum(one.sign is Sign.HELD for one in tried) >= 10
    whole = bubblewrap.arguments
    shared = lambda *args, **named: [*whole(*args, **named), "--share-net"]  # noqa: E731 - a control
    monkeypatch.setattr(bubblewrap, "arguments", shared)
    tried = asyncio.run(suite.attempt("hosts", only=("loopback", "datagram", "listeners")))
    assert {one.sign for one in tried} == {Sign.ESCAPED}


def test_what_is_not_granted_gets_out_by_the_proxy_only_where_it_asks_neither_name_nor_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def sign() -> Sign:
        (tried,) = asyncio.run(suite.attempt("hosts", only=("asked_for",)))
        return tried.sign

    assert sign() is Sign.HELD
    monkeypatch.setattr(hosts, "allows", lambda *_: True)
    assert sign() is Sign.HELD, "its address is this machine's own"
    monkeypatch.setattr(hosts, "unfit", lambda *_: "")
    assert sign() is Sign.ESCAPED


def test_a_name_that_leads_home_is_refused_unless_that_address_is_granted(tmp_path: Path) -> None:
    async def story() -> None:
        async with server() as ours:
            name = f"rebound.example:{ours.port}"
            turns = iter([HERE, ("127.0.0.1", "169.254.169.254"), ("2001:db8::1", "::1")])
            curl = f"curl -sSp http://{name}/ 2>&1; echo"
            async with network.granted(
                profile(tmp_path, name), tmp_path / "network", resolve=lambda *_: next(turns)
            ) as granted:
                lines = await said(granted.profile, f"{curl}; {curl}; {curl}")
            assert [line for line in lines if "response 403" in line] == lines[:-1:2]
            assert ours.heard == []
            home = f"127.0.0.1:{ours.port}"
            async with network.granted(
                profile(tmp_path, name, home), tmp_path / "network",
                resolve=lambda *_: ("169.254.169.254", *HERE),
            ) as granted:  # fmt: skip
                assert (await said(granted.profile, curl))[0] == "here I "
            assert len(ours.heard) == 1

    asyncio.run(story())
    assert [(one.number, one.allowed, one.why) for one in written(tmp_path)] == [
        (1, False, "127.0.0.1 is this machine's own"),
        (2, False, "127.0.0.1 is this machine's own"),
        (3, False, "2001:db8::1 is of a private network"),
        (4, True, ""),
    ]


# --- what clients do to it -----------------------------------------------------------------

QUICKLY = Patience(head=0.5, call=1.0, idle=0.5, close=0.5)


@contextlib.asynccontextmanager
async def proxy(tmp_path: Path, *hosts: str, patience: Patience) -> AsyncIterator[int]:
    """A proxy without a sandbox in front of it."""
    ear = socket.create_server(("127.0.0.1", 0), backlog=512)
    with Record(tmp_path / "contacts", lambda: 1.0) as record:
        served = Proxy(hosts, record, lambda *_: HERE, patience)
        serving = asyncio.create_task(served.serve(ear, None))
        try:
            yield ear.getsockname()[1]
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
            served.close()


async def answered(port: int, *words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    with contextlib.suppress(OSError):
        for word in words:
            writer.write(word)
            await writer.drain()
        got = await reader.read()
    writer.close()
    return got


def opened() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_garbage_and_hundreds_that_say_nothing_leave_the_others_served(tmp_path: Path) -> None:
    garbage = (b"\x16\x03\x01\r\n\r\n", b"x" * 70_000, b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n",
               b"CONNECT :0 HTTP/1.1\r\n\r\n", b"CONNECT \xff\xfe:443 HTTP/1.1\r\n\r\n",
               b"CONNECT localhost:1 HTTP/1.1\r\nA: " + b"b" * 17_000 + b"\r\n\r\n")  # fmt: skip

    async def story() -> None:
        async with server() as ours:
            good = f"GET http://127.0.0.1:{ours.port}/ HTTP/1.1\r\n\r\n".encode()
            before = opened()
            async with proxy(tmp_path, f"127.0.0.1:{ours.port}", patience=QUICKLY) as port:
                slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
                for _, writer in slow[::2]:
                    writer.write(b"CONNECT loc")
                for word in garbage:
                    got = await answered(port, word)
                    assert got.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))
                assert b"here I " in await answered(port, good), "while all of them hang on"
                more = [await asyncio.open_connection("127.0.0.1", port) for _ in range(AT_ONCE)]
                assert b"here I " in await answered(port, good), "once the slow were given up"
                for reader, writer in (*slow, *more):
                    assert await reader.read() == b""
                    writer.close()
            await asyncio.sleep(0)
            assert opened() <= before + 1
            assert len(ours.heard) == 2

    asyncio.run(story())
    assert threading.active_count() < 8


def test_silence_ends_a_connection_and_so_does_either_end(tmp_path: Path) -> None:
    async def story() -> None:
        hold = asyncio.Event()

        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await hold.wait()
            writer.close()

        silent = await asyncio.start_server(mute, "127.0.0.1", 0)
        number = silent.sockets[0].getsockname()[1]
        ask = f"CONNECT 127.0.0.1:{number} HTTP/1.1\r\n\r\n".encode()
        hosts = (f"127.0.0.1:{number}", "127.0.0.1:9009")
        async with silent, proxy(tmp_path, *hosts, patience=QUICKLY) as port:
            got = await answered(port, ask, b"anybody?")
            assert got == b"HTTP/1.1 200 Connection established\r\n\r\n"
            got = await answered(port, b"CONNECT 127.0.0.1:9009 HTTP/1.1\r\n\r\n")
            assert got.startswith(b"HTTP/1.1 502 Bad Gateway")
            hold.set()

    asyncio.run(story())
    ended = contacts.read(tmp_path / "contacts")
    assert ended[0].why == "nobody said anything any more"
    assert (ended[0].sent, ended[0].received) == (8, 0)
    assert ended[1].why == "Connection refused"


def test_megabytes_pass_whole_both_ways_and_are_counted(tmp_path: Path) -> None:
    size = 3_000_000

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def story() -> None:
        far = await asyncio.start_server(echo, "127.0.0.1", 0)
        host = f"127.0.0.1:{far.sockets[0].getsockname()[1]}"
        async with far, proxy(tmp_path, host, patience=Patience()) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"CONNECT {host} HTTP/1.1\r\n\r\n".encode())
            assert await reader.readuntil(b"\r\n\r\n")

            async def send() -> None:
                for _ in range(300):
                    writer.write(b"0123456789" * 1_000)
                    await writer.drain()
                writer.write_eof()

            sending = asyncio.create_task(send())
            assert await reader.read(-1) == b"0123456789" * (size // 10)
            await sending
            writer.close()

    asyncio.run(story())
    (one,) = contacts.read(tmp_path / "contacts")
    assert (one.sent, one.received) == (size, size)


# --- its end -------------------------------------------------------------------------------


def test_nothing_is_left_after_a_run_and_none_is_served_without_a_grant(tmp_path: Path) -> None:
    shown = profile(tmp_path, "127.0.0.1:8099", "[::1]:8100")

    async def story() -> None:
        async with network.granted(shown, tmp_path / "network") as granted:
            before = opened(), len(asyncio.all_tasks())
            for _ in range(3):
                await said(granted.profile, "exec 3<>/dev/tcp/127.0.0.1/48080; sleep 0.05")
            async with asyncio.timeout(10):
                while (opened(), len(asyncio.all_tasks())) != before:
                    await asyncio.sleep(0.01)
            assert Path(granted.profile.door).is_socket()
        assert not Path(granted.profile.door).exists()
        with pytest.raises(SandboxError, match="network of this agent is not open"):
            await said(granted.profile, "true")
        closed = await said(shown, "exec 3<>/dev/tcp/127.0.0.1/48080 || echo shut")
        assert "shut" in closed
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(story())


ENGINE = """
import asyncio, sys
from pathlib import Path
from factory import sandbox
from factory.sandbox import network

async def main():
    shown = sandbox.cli(sys.argv[1], sys.argv[1], hosts=("127.0.0.1:8099",))
    async with network.granted(shown, Path(sys.argv[2])) as granted:
        print("open", flush=True)
        await sandbox.run(
            granted.profile, sys.argv[3], on_output=lambda said: print(said, flush=True)
        )

asyncio.run(main())
"""


def test_a_killed_engine_takes_the_network_along(tmp_path: Path) -> None:
    number = f"86400.{os.getpid()}77"
    command = f"exec 3<>/dev/tcp/127.0.0.1/48080; echo begun; sleep {number}"
    line = [sys.executable, "-P", "-c", ENGINE, str(tmp_path), str(tmp_path / "network"), command]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"open\n"
        assert b"begun" in engine.stdout.readline()
        assert running(number)
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    until = time.monotonic() + 20
    while running(number) and time.monotonic() < until:
        time.sleep(0.05)
    assert not running(number)


# --- the agents' ---------------------------------------------------------------------------


@told
async def test_the_transcript_of_an_agent_says_where_it_went(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server() as ours:
        agent = (
            f"{SCRIPT}[agents.far]\nkind = 'command'\nhosts = ['127.0.0.1:{ours.port}']\n"
            "run = 'bash \"$FACTORY_PROMPT_FILE\"'\n"
        )
        developer.commit({"factory.toml": settings(agents=agent, agent="far")})
        work = f"curl -s 127.0.0.1:{ours.port}/ > got; curl -s evil.example{{,}}; exit"
        async with works(developer) as factory:
            task = await factory.ready("Far", work)
            refused, went = of_the_network(factory, task)
            assert refused.startswith("network: refused evil.example:80: it is not among the hosts")
            assert re.fullmatch(
                rf"network: localhost:{ours.port} once, \d+ B; refused: evil.example:80 2 times",
                went,
            )
            await factory.land(task)
            folder = factory.engine.shop.attempt_folder(f"{task}.1") / "network"
            kept = contacts.read(folder / contacts.FILE)
            assert [one.allowed for one in kept] == [True, False, False]
        monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: None)
        async with works(developer) as factory, aclosing(factory.client.notices(0)) as notices:
            attending = asyncio.create_task(anext(notices))
            task = await factory.add("Near", f"{work.split(';')[0]}2; exit")
            await factory.until(task, TaskState.READY, TaskState.CHECKING)
            (went,) = of_the_network(factory, task)
            assert went.startswith("network: all of it, and where it went is not known")
            await attending


def of_the_network(factory: Works, task: str) -> list[str]:
    """What the engine said of it in the task's transcript."""
    transcript = Transcript(factory.engine.shop.attempt_folder(f"{task}.1") / "transcript.jsonl")
    remarks = [entry.text for entry in transcript.entries() if isinstance(entry, Remark)]
    return [text for text in remarks if text.startswith("network: ")]


def test_doctor_says_of_each_network_what_it_is(tmp_path: Path) -> None:
    def line(shown: Profile) -> str:
        return next(line for line in sandbox.describe(shown).splitlines() if "network  " in line)

    assert line(profile(tmp_path, "a.example", "localhost:8099")).endswith(
        "only a.example localhost:8099, by our proxy, which writes down each contact"
    )
    assert line(sandbox.cli("/t", "/s")).endswith("and nobody writes down where it goes")
    assert line(sandbox.cli("/t", "/s", network=False)).endswith("none")
    variables = dict(bubblewrap.environment(profile(tmp_path, "a"), bubblewrap.look()))
    assert variables["https_proxy"] == variables["HTTPS_PROXY"] == "http://127.0.0.1:48080"
    free = replace(profile(tmp_path, "a"), contained=False)
    assert "HTTPS_PROXY" not in bubblewrap.environment(free, bubblewrap.look())


def test_a_sum_of_many_contacts_stays_short(tmp_path: Path) -> None:
    with Record(tmp_path / "contacts", lambda: 1.0) as record:
        for host in range(1_200):
            record.refuse(Place(host=f"h{host}.example", port=443), "no")
        assert len(record.summary()) < 500
        assert "other hosts 200 times" in record.summary()
