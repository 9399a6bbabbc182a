"""`python -m tests.command_line`, over at the first socket: exit code 99.

Every socket that Python makes is heard of by an audit hook, whoever asks for it; a process that opens one other than
between processes of this machine, or asks for a name, is over, so that nobody can catch and forget it.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any


def hear(event: str, arguments: tuple[Any, ...]) -> None:
    opens = event == "socket.__new__" and arguments[1] != socket.AF_UNIX
    if opens or event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        os.write(2, f"a socket: {event}".encode())
        os._exit(99)


if __name__ == "__main__":
    sys.addaudithook(hear)
    from harness.__main__ import main
    from tests.command_line import shrink

    shrink()
    sys.exit(main())
