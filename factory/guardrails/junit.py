"""pytest's JUnit report as tests with ids. Pure.

Ids are pytest's node ids, `tests/test_a.py::TestC::test_m[x]`, each made from its own element and
nothing else, so that the same test has the same id in every run. The family `xunit1` names the file
of a test; a method inherited from elsewhere names the file of its base, and is found by its class.
"""

from __future__ import annotations

import re
from enum import IntEnum
from xml.etree import ElementTree

from factory.model import Struct


class Ending(IntEnum):
    """How one test ended; of several endings of one test the highest counts."""

    SKIPPED = 0
    XFAILED = 1
    PASSED = 2
    FAILED = 3
    BROKEN = 4
    """It could not be collected, or its set-up or tear-down failed."""


class Case(Struct):
    """One test of a report."""

    id: str
    ending: Ending
    text: str = ""
    """What pytest printed of its failures."""

    @property
    def ran(self) -> bool:
        """Whether it is a test that was started."""
        return "::" in self.id and self.ending is not Ending.SKIPPED

    @property
    def bad(self) -> bool:
        """Whether it failed in any way."""
        return self.ending >= Ending.FAILED


class Report(Struct):
    """A whole report."""

    cases: tuple[Case, ...]
    """One for each id, in the order of the report."""
    tests: int
    """Tests in the report, without files that were skipped or broken as a whole."""
    internal: bool = False
    """Whether pytest itself, or a plugin of it, broke."""


_SUFFIX = re.compile(r"\.py$")
_CLASS = re.compile(r"_*[A-Z]")


def parse(data: bytes) -> Report | None:
    """The report; None where it is cut short or is none."""
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    cases: dict[str, Case] = {}
    tests = 0
    internal = False
    for element in root.iter("testcase"):
        if element.get("name") == "internal" and element.get("classname") == "pytest":
            internal = True
            continue
        if not element.get("name"):
            continue  # a test that was under way when pytest broke
        case = _case(element)
        torn_down = case.id in cases and case.ending is Ending.BROKEN
        tests += "::" in case.id and not torn_down
        cases[case.id] = _worse(cases.get(case.id), case)
    return Report(cases=tuple(cases.values()), tests=tests, internal=internal)


def _case(element: ElementTree.Element) -> Case:
    troubles = [child for child in element if child.tag in ("failure", "error")]
    text = "\n".join(child.text or child.get("message") or "" for child in troubles)
    return Case(id=node_id(element), ending=_ending(element, troubles), text=text)


def _ending(element: ElementTree.Element, troubles: list[ElementTree.Element]) -> Ending:
    if any(child.tag == "error" for child in troubles):
        return Ending.BROKEN
    if troubles:
        return Ending.FAILED
    skipped = element.find("skipped")
    if skipped is None:
        return Ending.PASSED
    return Ending.XFAILED if skipped.get("type") == "pytest.xfail" else Ending.SKIPPED


def _worse(known: Case | None, case: Case) -> Case:
    if known is None:
        return case
    text = "\n".join(filter(None, (known.text, case.text)))
    return Case(id=case.id, ending=max(known.ending, case.ending), text=text)


def node_id(element: ElementTree.Element) -> str:
    """pytest's node id of a `testcase` element."""
    file = element.get("file", "")
    names = element.get("classname", "")
    name = element.get("name", "")
    if not names:  # a whole file, skipped or broken while it was collected
        return file or _path(name.split("."))
    module = _SUFFIX.sub("", file).replace("/", ".")
    if file and names == module:
        return f"{file}::{name}"
    if file and names.startswith(f"{module}."):
        return "::".join((file, *names[len(module) + 1 :].split("."), name))
    parts = names.split(".")
    at = next((n for n, part in enumerate(parts) if n and _CLASS.match(part)), len(parts))
    return "::".join((_path(parts[:at]), *parts[at:], name))


def _path(parts: list[str]) -> str:
    return "/".join(parts) + ".py"
