"""A real agent program from its registry, from the command line to a landed change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from factory.sandbox.bubblewrap import find_bubblewrap
from tests.agents.real.contacts import contacts
from tests.agents.real.install import NotInstalledError, install
from tests.agents.real.programs import GEMINI
from tests.agents.real.story import room, story


@pytest.mark.timeout(240)
def test_a_program_from_its_registry_takes_a_task_to_a_landed_change(tmp_path: Path) -> None:
    if find_bubblewrap() is None:
        pytest.skip("there is no bubblewrap here, and foreign programs run nowhere else")
    try:
        install(GEMINI, tmp_path)
    except NotInstalledError as error:
        pytest.skip(f"the registry cannot be reached: {error}")

    async def told() -> None:
        async with room() as home:
            row = await story(GEMINI, "command", tmp_path, home, watched=False)
        assert row.landed, row
        assert row.turns == 5
        assert row.tokens > 0
        assert row.hosts in (("localhost",), ("127.0.0.1",)), "our own record of where it went"

    asyncio.run(told())


def test_whoever_reaches_for_another_machine_or_asks_for_a_name_is_seen(tmp_path: Path) -> None:
    def line(host: str, port: int, end: str = "0") -> str:
        return (
            f"7 connect(3, {{sa_family=AF_INET, sin_port=htons({port}), "
            f'sin_addr=inet_addr("{host}")}}, 16) = {end}\n'
        )

    trace = tmp_path / "trace"
    trace.write_text(
        line("127.0.0.1", 8080)
        + line("198.51.100.1", 9, "-1 ENETUNREACH (Network is unreachable)")
        + '7 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 9) = 0\n'
    )
    assert contacts(trace).others == ()
    assert contacts(trace).loopback == 1
    six = (
        "7 connect(3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
        'inet_pton(AF_INET6, "2001:db8::7", &sin6_addr), sin6_scope_id=0}, 28) = 0\n'
    )
    trace.write_text(line("127.0.0.1", 53) + line("203.0.113.7", 443) + six)
    assert contacts(trace).others == ("127.0.0.1:53", "2001:db8::7:443", "203.0.113.7:443")
