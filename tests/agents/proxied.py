"""Programs by the proxy of granted hosts, and what it costs: `python -m tests.agents.proxied`.

Asks a loopback server over TLS and without, from within a sandbox, with what of curl, Python and
Node.js (24 or newer; its path is the argument) is there. Then the start of a sandbox with granted
hosts beside one without, what stays in memory inside, and how fast bytes pass.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import statistics
import subprocess  # noqa: TID251 - openssl makes the server's certificate
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from factory import sandbox
from factory.sandbox import Bind, Profile, network

NAME = "api.example.com"
STARTS = 40
BYTES = 200 << 20
URLLIB = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
FETCH = "fetch(process.argv[1]).then(r => r.text()).then(t => console.log(t))"
MODULE = (
    "const u = process.argv[1]; require(u.split(':')[0]).get(u, r => "
    "r.on('data', d => process.stdout.write(d))).on('error', e => console.log(e))"
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    line = await reader.readuntil(b"\r\n\r\n")
    size = BYTES if b"/large" in line else 5
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size)
    if size == BYTES:
        for _ in range(BYTES >> 20):
            writer.write(bytes(1 << 20))
            await writer.drain()
    else:
        writer.write(b"hello")
        await writer.drain()
    writer.close()


def _certificate(folder: Path) -> ssl.SSLContext:
    command = (
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"),
        *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
    )
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _clients(node: str) -> Iterable[tuple[str, str]]:
    if shutil.which("curl"):
        yield "curl", "curl -sS"
    yield "urllib", f"python -c '{URLLIB}'"
    if node:
        yield "node fetch", f'{node} -e "{FETCH}"'
        yield "node http and https", f'{node} -e "{MODULE}"'


async def _said(profile: Profile, command: str) -> str:
    said = bytearray()
    await sandbox.run(profile, command, on_output=said.extend)
    return said.decode(errors="replace").strip()


async def _programs(profile: Profile, node: str, plain: int, tls: int) -> None:
    for name, program in _clients(node):
        for address in (f"http://{NAME}:{plain}/", f"https://{NAME}:{tls}/"):
            said = await _said(profile, f"{program} {address} 2>&1")
            print(f"  {name:20} {address:32} {said.splitlines()[-1] if said else 'nothing'}")
        said = await _said(profile, f"{program} https://telemetry.example.com/ 2>&1")
        print(f"  {name:20} {'a host that is not granted':32} {said[:60]!r}")


async def _starts(profiles: dict[str, Profile]) -> None:
    taken: dict[str, list[float]] = {name: [] for name in profiles}
    for _ in range(STARTS):
        for name, profile in profiles.items():
            taken[name].append((await sandbox.run(profile, ["/bin/true"])).seconds * 1000)
    for name, found in taken.items():
        print(f"  start and end {name:14} {statistics.median(found):6.1f} ms")


async def main(node: str) -> None:
    """All of it, printed."""
    with tempfile.TemporaryDirectory(prefix="factory-proxied-") as name:
        folder = Path(name)
        (folder / "tree").mkdir()
        plain = await asyncio.start_server(_serve, "127.0.0.1", 0)
        tls = await asyncio.start_server(_serve, "127.0.0.1", 0, ssl=_certificate(folder))
        ports = [one.sockets[0].getsockname()[1] for one in (plain, tls)]
        hosts = [f"{host}:{port}" for host in (NAME, "127.0.0.1") for port in ports]
        profile = sandbox.cli(
            str(folder / "tree"), str(folder), hosts=tuple(hosts),
            env=(("SSL_CERT_FILE", "/tmp/cert.pem"), ("NODE_EXTRA_CA_CERTS", "/tmp/cert.pem")),
        )  # fmt: skip
        if node:
            root = str(Path(node).resolve().parents[1])
            profile = replace(profile, binds=(*profile.binds, Bind(host=root, inside=root)))
        opened = network.granted(profile, folder / "network", resolve=lambda *_: ("127.0.0.1",))
        async with plain, tls, opened as granted:
            await _programs(granted.profile, node, *ports)
            bare = replace(profile, hosts=(), door="")
            await _starts({"without": bare, "with hosts": granted.profile})
            inside = "ps -eo rss,args || grep -l . /proc/[0-9]*/cmdline"
            print(f"  processes inside:\n{await _said(granted.profile, inside)}")
            for address in (f"http://{NAME}:{ports[0]}", f"http://127.0.0.1:{ports[0]}"):
                began, spent = time.monotonic(), os.times()
                await _said(granted.profile, f"curl -s {address}/large | wc -c")
                speed = (BYTES >> 20) / (time.monotonic() - began)
                busy = sum(os.times()[:2]) - sum(spent[:2])
                print(f"  {address:32} {speed:5.0f} MiB/s, this process busy for {busy:.2f} s")
        print(f"  {granted.summary()}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if sys.argv[1:] else ""))
