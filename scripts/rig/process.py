"""What a tree of processes has cost, from /proc; and the end of one."""

import os
import subprocess
from dataclasses import dataclass

TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass
class Cost:
    cpu_s: float = 0.0        # user + system, reaped children included
    rss_mib: float = 0.0
    pss_mib: float = 0.0
    written: int = 0          # bytes handed to write calls
    processes: int = 0
    threads: int = 0


def tree(pid):
    pids = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as f:
                for child in f.read().split():
                    pids += tree(int(child))
    except OSError:
        pass
    return pids


def cost(pids):
    """Sum over the trees of these processes."""
    total = Cost()
    for pid in {q for p in pids for q in tree(p)}:
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total.cpu_s += sum(int(x) for x in fields[11:15]) / TICK
            total.threads += int(fields[17])
            total.rss_mib += int(fields[21]) * PAGE / 2**20
            with open(f"/proc/{pid}/io") as f:
                total.written += int(next(line for line in f if line.startswith("wchar:")).split()[1])
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total.pss_mib += int(next(line for line in f if line.startswith("Pss:")).split()[1]) / 1024
            total.processes += 1
        except (OSError, StopIteration):
            pass
    return total


def memory(pid):
    """(RSS, of that anonymous) of one process, MiB: the rest of RSS are pages of files that the machine can take back."""
    with open(f"/proc/{pid}/status") as f:
        kib = {line.split(":")[0]: int(line.split()[1]) for line in f if line.startswith("Rss") or line.startswith("VmRSS")}
    return kib["VmRSS"] / 1024, kib["RssAnon"] / 1024


def finish(process, limit=10):
    """Asks it to end, and makes it when it does not within so many seconds."""
    process.terminate()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def machine_idle():
    """(idle, all) ticks of the machine so far."""
    with open("/proc/stat") as f:
        ticks = [int(x) for x in f.readline().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)
