"""Processor time of a family of processes: what an answer costs, whoever else uses the machine at that moment."""

import os
import resource
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and everything it started that is still there."""
    found = [pid]
    for one in found:
        for listed in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(word) for word in listed.read_text().split()]
            except OSError:
                continue
    return found


class CpuClock:
    """Seconds of processor time that these programs, and what we ourselves run and wait for, have used so far."""

    def __init__(self, *roots: int) -> None:
        self._roots = roots

    def seconds(self) -> float:
        ours = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = ours.ru_utime + ours.ru_stime
        for pid in {pid for root in self._roots for pid in family(root)}:
            spent += self._of(pid)
        return spent

    @staticmethod
    def _of(pid: int) -> float:
        """User and system time of a process and of its children that have ended."""
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return sum(int(word) for word in words[11:15]) / TICKS_PER_S


def postmaster_of(database_folder: Path) -> int:
    """The first process of a database."""
    return int((database_folder / "postmaster.pid").read_text().split("\n", 1)[0])
