"""Figures as tables, and the targets beside them."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]
# By (peer, connections, delay of the gateway in ms), the median of the runs.
Results = Mapping[tuple[str, int, int], Figures]

peers = ["tollgate", "php", "echo"]
rows = [
    ("settled_per_s", "settled/s"),
    ("acknowledged_per_s", "acknowledged/s"),
    ("acknowledged_p50_us", "acknowledgement p50, us"),
    ("acknowledged_p99_us", "acknowledgement p99, us"),
    ("acknowledged_max_us", "acknowledgement max, us"),
    ("cpu_ms_application", "CPU ms each: application"),
    ("cpu_ms_mariadbd", "CPU ms each: mariadbd"),
    ("cpu_ms_nginx", "CPU ms each: nginx"),
    ("cpu_ms_gateway", "CPU ms each: gateway"),
    ("cpu_ms_load", "CPU ms each: load generator"),
    ("duplicates_per_s", "duplicates/s"),
    ("duplicates_p99_us", "duplicates p99, us"),
    ("forged_per_s", "forged/s"),
    ("forged_load_cpu", "forged: processors of the load"),
    ("return_page_per_s", "return pages/s"),
    ("return_page_p99_us", "return page p99, us"),
    ("return_page_bytes", "return page, bytes"),
    ("download_64k_per_s", "64 KiB downloads/s"),
    ("download_64k_resumed_per_s", "64 KiB resumed downloads/s"),
    ("plain_64k_per_s", "64 KiB by nginx alone/s"),
    ("download_10m_mib_per_s", "10 MiB downloads, MiB/s"),
    ("plain_10m_mib_per_s", "10 MiB by nginx alone, MiB/s"),
    ("rss_mib", "RSS, MiB"),
    ("pss_mib", "PSS, MiB"),
    ("first_answer_ms", "first answer, ms"),
]


def median_of(runs: Sequence[Figures]) -> Figures:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    cells = [head, *lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    texts = []
    for line in cells:
        first, *others = line
        texts.append(
            "| "
            + " | ".join(
                [first.ljust(widths[0])]
                + [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
            )
            + " |"
        )
    rule = "| " + " | ".join(["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:]]) + " |"
    return "\n".join([texts[0], rule, *texts[1:]])


def figures_table(results: Results, connections: int, delay_ms: int) -> str:
    found = {peer: results.get((peer, connections, delay_ms), {}) for peer in peers}
    shown = [peer for peer in peers if found[peer]]
    lines = []
    for name, title in rows:
        if not any(name in found[peer] for peer in shown):
            continue
        line = [title, *(_text(found[peer].get(name)) for peer in shown)]
        tollgate, php = (found[peer].get(name) for peer in ("tollgate", "php"))
        line.append(_text(tollgate / php) if tollgate and php else "-")
        lines.append(line)
    delay = f", gateway answers after {delay_ms} ms" if delay_ms else ""
    head = ["figure", *shown, "tollgate / php"]
    return f"{connections} connections{delay}\n\n{_table(head, lines)}"


@dataclass(frozen=True)
class Target:
    title: str
    measured: Callable[[], float]
    at_least: float | None = None
    at_most: float | None = None

    def line(self) -> list[str]:
        wanted = f">= {self.at_least:,g}" if self.at_least is not None else f"<= {self.at_most:,g}"
        try:
            value = self.measured()
        except KeyError:
            return [self.title, wanted, "-", "not measured"]
        low = self.at_least is not None and value < self.at_least
        high = self.at_most is not None and value > self.at_most
        return [self.title, wanted, _text(value), "NOT reached" if low or high else "reached"]


def _targets_of(results: Results, connections: int) -> list[Target]:
    def of(peer: str, name: str, delay_ms: int = 0) -> float:
        return results[peer, connections, delay_ms][name]

    def ratio(name: str) -> Callable[[], float]:
        return lambda: of("tollgate", name) / of("php", name)

    def ours(name: str, delay_ms: int = 0) -> Callable[[], float]:
        return lambda: of("tollgate", name, delay_ms)

    def slow_to_quick() -> float:
        return of("tollgate", "acknowledged_per_s", 100) / of("tollgate", "acknowledged_per_s")

    def large_to_plain() -> float:
        return of("tollgate", "download_10m_mib_per_s") / of("tollgate", "plain_10m_mib_per_s")

    at = f"at {connections} connections"
    targets = [
        Target(f"settled, times PHP, {at}", ratio("settled_per_s"), at_least=3.5),
        Target(f"acknowledged, times PHP, {at}", ratio("acknowledged_per_s"), at_least=6),
        Target(f"CPU of the application, of PHP's, {at}", ratio("cpu_ms_application"), at_most=0.2),
        Target(f"CPU of mariadbd, of PHP's, {at}", ratio("cpu_ms_mariadbd"), at_most=0.333),
        Target(f"acknowledged, slow gateway to quick, {at}", slow_to_quick, at_least=0.8),
        Target(f"settled/s, slow gateway, {at}", ours("settled_per_s", 100), at_least=2000),
        Target(f"duplicates/s {at}", ours("duplicates_per_s"), at_least=18_000),
        Target(f"forged/s {at}", ours("forged_per_s"), at_least=32_000),
        Target(f"return pages/s {at}", ours("return_page_per_s"), at_least=18_000),
        Target(f"64 KiB downloads/s {at}", ours("download_64k_per_s"), at_least=15_000),
        Target(f"10 MiB downloads, of nginx alone, {at}", large_to_plain, at_least=0.95),
        Target(f"RSS, MiB, {at}", ours("rss_mib"), at_most=24),
        Target(f"PSS, MiB, {at}", ours("pss_mib"), at_most=16),
        Target(f"first answer, ms, {at}", ours("first_answer_ms"), at_most=20),
    ]
    if connections >= 64:
        title = f"p99 of the acknowledgement, of PHP's, {at}"
        targets.insert(2, Target(title, ratio("acknowledged_p99_us"), at_most=0.333))
    return targets


def _memory_targets(many: Figures) -> list[Target]:
    # The first portions warm up what every thread and connection keeps.
    rss = many["rss_mib"]
    early, late = rss[min(2, len(rss) - 1)], rss[-1]
    return [
        Target("RSS, MiB, after a million", lambda: late, at_most=24),
        Target("PSS, MiB, after a million", lambda: many["pss_mib"][-1], at_most=16),
        Target("RSS after a million, of that after 150,000", lambda: late / early, at_most=1.05),
    ]


def targets_table(
    results: Results, connections: Sequence[int], million: Figures | None = None
) -> str:
    targets = [target for some in connections for target in _targets_of(results, some)]
    if million:
        targets += _memory_targets(million)
    return _table(["target", "wanted", "measured", ""], [target.line() for target in targets])
