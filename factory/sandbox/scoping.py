"""A first program inside, for a sandbox that shares the host's network: `scoping.py PROGRAM …`.

Sockets that have a name and no file belong to the network, among them X11's. This gives up the
right to reach those that others opened (Landlock, Linux 6.12) and becomes the program. It is
started from its source with `python -I -S -c` and ends with 1 where the right cannot be given up.
"""

from __future__ import annotations

import ctypes
import os
import sys

_CREATE, _RESTRICT = 444, 446
_ABSTRACT_SOCKETS = 1


def main() -> None:
    """Become the program in the arguments."""
    library = ctypes.CDLL(None, use_errno=True)
    wanted = (ctypes.c_uint64 * 3)(0, 0, _ABSTRACT_SOCKETS)
    size, nothing = ctypes.c_size_t(ctypes.sizeof(wanted)), ctypes.c_uint32(0)
    rules = library.syscall(_CREATE, wanted, size, nothing)
    if rules < 0 or library.syscall(_RESTRICT, rules, nothing):
        reason = os.strerror(ctypes.get_errno())
        sys.exit(f"sockets of the host cannot be kept away: {reason}")
    os.close(rules)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
