"""Programs that must not outlive the one that started them."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def stop_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends this signal when the starter dies, even by kill -9.

    It has to be asked for after the account was switched, which is when subprocess calls it.
    """
    if sys.platform != "linux":
        return None
    system = ctypes.CDLL(None)
    parent = os.getpid()

    def ask() -> None:
        system.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return ask
