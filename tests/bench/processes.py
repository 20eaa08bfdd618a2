"""What programs cost: processor time and memory, as the kernel counts them."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def with_children(pid: int) -> list[int]:
    return [pid, *children(pid)]


def cpu_ms(pids: Sequence[int]) -> float:
    """User and system time of all threads."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def memory_mib(pids: Sequence[int]) -> tuple[float, float]:
    """Resident and proportional."""
    rss = pss = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        sizes = {line.split()[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
        rss += sizes["Rss:"]
        pss += sizes["Pss:"]
    return rss / 1024, pss / 1024


def machine() -> dict[str, str]:
    """What a reader must know to compare figures."""
    processors = Path("/proc/cpuinfo").read_text()
    models = [line for line in processors.splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "processors": f"{os.cpu_count()} x {model}",
        "memory": f"{memory_kib / 1024 / 1024:.1f} GiB",
        "kernel": platform.release(),
        "mariadb": _first_line(["mariadbd", "--version"]),
        "nginx": _first_line(["nginx", "-v"]),
        "php": _first_line(["php-fpm8.2", "-v"]),
        "load average before": f"{os.getloadavg()[0]:.1f}",
    }


def _first_line(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        return "not installed"
    return (done.stdout + done.stderr).partition("\n")[0].strip()
