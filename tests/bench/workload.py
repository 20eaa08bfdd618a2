"""What is done to a peer, and what is measured meanwhile. Every measurement checks its answers: a
fast wrong answer is an error, not a figure.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import browser
from ground import Ground, files_bytes
from load import Load, expect_only
from payments import (
    Payments,
    check_settled,
    download_paths,
    return_path,
    seed,
    wait_for_settlement,
)
from peers import Peer
from peers.ceilings import Echo, innodb_rows
from peers.php_fpm import Php
from peers.tollgate import Tollgate
from processes import cpu_ms, memory_mib, with_children

starts = 5
large_requests = 192  # in each of the rounds, which alternate with nginx alone
large_rounds = 3
portion = 50_000

Figures = dict[str, Any]


def cpu_by_program(peer: Peer) -> dict[str, float]:
    ground = peer.ground
    return {
        "application": cpu_ms(peer.pids()),
        "mariadbd": cpu_ms([ground.database.pid]),
        "nginx": cpu_ms(with_children(ground.nginx.pid)),
        "gateway": cpu_ms([ground.gateway.pid]),
    }


def settle(peer: Peer, load: Load, payments: Payments) -> Figures:
    """One valid notification per payment; waits until the last payment is settled."""
    count = len(payments.references)
    before = cpu_by_program(peer)
    result = load.notify(payments.references)
    wait_for_settlement(peer.ground)
    seconds = time.monotonic() - result["began_s"]
    after = cpu_by_program(peer)
    expect_only(result, 200, count)
    check_settled(peer.ground, count)
    cpu = {name: (after[name] - before[name]) / count for name in before}
    cpu["load"] = result["cpu_ms"] / count
    return {
        "notifications": count,
        "acknowledged_per_s": result["per_second"],
        "settled_per_s": round(count / seconds),
        "acknowledged_p50_us": result["p50_us"],
        "acknowledged_p99_us": result["p99_us"],
        "acknowledged_max_us": result["max_us"],
        **{f"cpu_ms_{name}": round(spent, 4) for name, spent in cpu.items()},
    }


def named(name: str, result: Figures) -> Figures:
    return {
        f"{name}_per_s": result["per_second"],
        f"{name}_p99_us": result["p99_us"],
        f"{name}_load_cpu": round(result["cpu_ms"] / 1000 / result["seconds"], 2),
    }


def downloads(ground: Ground, load: Load) -> Figures:
    """The small file once per grant, its resumption, and the large one beside nginx alone."""
    small = download_paths(ground, "64k.bin")
    first = load.get(small)
    expect_only(first, 200, len(small))
    resumed = load.get(small, "--header", "Range: bytes=1-")
    expect_only(resumed, 206, len(small))
    plain = load.get_plain(["/64k.bin"] * len(small))
    expect_only(plain, 200, len(small))
    figures = named("download_64k", first) | named("download_64k_resumed", resumed)
    figures |= named("plain_64k", plain)

    links = download_paths(ground, "10m.bin")
    large = [links[number % len(links)] for number in range(large_requests)]
    seconds = {"download_10m": 0.0, "plain_10m": 0.0}
    for _ in range(large_rounds):
        for name, result in (
            ("download_10m", load.get(large)),
            ("plain_10m", load.get_plain(["/10m.bin"] * len(large))),
        ):
            expect_only(result, 200, len(large))
            seconds[name] += result["seconds"]
    mib = large_rounds * large_requests * files_bytes["10m.bin"] / 1024 / 1024
    return figures | {f"{name}_mib_per_s": round(mib / spent) for name, spent in seconds.items()}


def first_answers_ms(peer: Tollgate) -> list[float]:
    """From the start of the program to its first answer through nginx."""
    times = []
    for _ in range(starts):
        peer.server.stop()
        begin = time.monotonic()
        peer.server.start(ready=peer.healthy, poll_s=0.0005)
        times.append((time.monotonic() - begin) * 1000)
    return times


def measure_edge(peer: Peer, count: int, connections: int) -> Figures:
    """The whole workload, with a gateway that answers at once."""
    peer.start()
    ground = peer.ground
    payments = seed(ground, count)
    load = Load(ground, connections)
    figures = settle(peer, load, payments)
    repeated = load.notify(payments.references)
    expect_only(repeated, 200, count)
    check_settled(ground, count)
    forged = load.notify(payments.references, "--forged")
    expect_only(forged, 401, count)
    page = browser.request("GET", ground.url + return_path(ground, payments.ids[-1]))
    pages = load.get([return_path(ground, payment) for payment in payments.ids])
    expect_only(pages, 200, count)
    figures |= named("duplicates", repeated) | named("forged", forged)
    figures |= named("return_page", pages) | {"return_page_bytes": len(page.body)}
    figures |= downloads(ground, load)
    check_settled(ground, count)
    rss, pss = memory_mib(peer.pids())
    figures |= {"rss_mib": round(rss, 1), "pss_mib": round(pss, 1)}
    if isinstance(peer, Tollgate):
        figures["first_answer_ms"] = round(statistics.median(first_answers_ms(peer)), 1)
    return figures


def measure_echo(peer: Echo, count: int, connections: int) -> Figures:
    peer.start()
    before = cpu_ms(peer.pids())
    references = [f"{number:020}" for number in range(count)]
    result = Load(peer.ground, connections).notify(references)
    expect_only(result, 200, count)
    spent = (cpu_ms(peer.pids()) - before) / count
    return {
        "acknowledged_per_s": result["per_second"],
        "acknowledged_p50_us": result["p50_us"],
        "acknowledged_p99_us": result["p99_us"],
        "acknowledged_max_us": result["max_us"],
        "cpu_ms_application": round(spent, 4),
        "cpu_ms_load": round(result["cpu_ms"] / count, 4),
    }


@dataclass(frozen=True)
class Setup:
    """How one peer is measured."""

    notifications: int
    connections: int
    delay_ms: int = 0  # of the gateway
    php_children: int = 8
    settings: Sequence[str] = ()  # of Tollgate, as on the command line: check.in_flight_max=64

    def edge(self, name: str, ground: Ground) -> Tollgate | Php:
        if name == "tollgate":
            return Tollgate(ground, self.settings)
        return Php(ground, self.php_children)


def measure(peer: str, setup: Setup) -> Figures:
    """One peer, once."""
    count, connections = setup.notifications, setup.connections
    with Ground(setup.delay_ms) as ground:
        if peer == "innodb":
            return {"rows_per_s": innodb_rows(ground, 4 * count)["per_second"]}
        if peer == "echo":
            return measure_echo(Echo(ground), count, connections)
        edge = setup.edge(peer, ground)
        if setup.delay_ms == 0:
            return measure_edge(edge, count, connections)
        edge.start()
        payments = seed(ground, edge.slow_notifications(count, setup.delay_ms))
        return settle(edge, Load(ground, connections), payments)


def measure_many(setup: Setup, count: int) -> Figures:
    """Whether memory stays flat: very many notifications to one process, in portions."""
    figures: Figures = {"rss_mib": [], "pss_mib": [], "settled_per_s": []}
    with Ground() as ground:
        peer = Tollgate(ground, setup.settings)
        peer.start()
        load = Load(ground, setup.connections)
        for done in range(0, count, portion):
            payments = seed(ground, portion, first_order=done + 1)
            result = load.notify(payments.references)
            wait_for_settlement(ground)
            seconds = time.monotonic() - result["began_s"]
            expect_only(result, 200, portion)
            rss, pss = memory_mib(peer.pids())
            figures["rss_mib"].append(round(rss, 1))
            figures["pss_mib"].append(round(pss, 1))
            figures["settled_per_s"].append(round(portion / seconds))
            print(f"  {done + portion:9,} notifications: RSS {rss:.1f} MiB, "
                  f"PSS {pss:.1f} MiB, {figures['settled_per_s'][-1]:,} settled/s",
                  flush=True)  # fmt: skip
        check_settled(ground, done + portion)
    return figures
