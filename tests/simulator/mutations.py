#!/usr/bin/python3
"""Breaks the settlement's code in known ways, one at a time, and lets the simulator look for it.

    tests/simulator/mutations.py [--count N] [NAME...]

Needs the release build of tollgate_simulator. Nothing in the source tree is changed: the broken
copy of a file is compiled aside and linked before the library that has the sound one. Prints the
table of docs/reliability.md; ends with 1 when something broken was not found.
"""

import argparse
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"

DECIDE = "core/settle/decide.cpp"
RECEIPT = "core/settle/receipt.cpp"
QUEUE = "core/settle/check_queue.cpp"
REFUNDER = "core/settle/refunder.cpp"
SCHEDULE = "core/settle/schedule.cpp"
TABLES = "tests/simulator/tables.cpp"

# name, file, the sound text (once in the file), the broken one
MUTATIONS = [
    ("the last answer wins", DECIDE,
     "after.facts = join(before.facts, asked.answer->facts);",
     "after.facts = asked.answer->facts;"),
    ("a late failure wins", DECIDE,
     "settle_refund(after, asked);\n    after.state = status(after.facts, after.price);",
     "settle_refund(after, asked);\n    after.state = status(after.facts, after.price);\n"
     "if (asked.answer->facts.failure == Failure::failed) after.state = Status::failed;"),
    ("grants with every delivered status", DECIDE,
     "if (!is_delivered(after.state) || after.paid_at) return;",
     "if (!is_delivered(after.state)) return;"),
    ("grants survive a refund", DECIDE,
     "decision.revoke = is_delivered(before.state) && !is_delivered(after.state);",
     "decision.revoke = false;"),
    ("a question without an answer is forgotten", DECIDE,
     ".unanswered_since = after.unanswered_since,",
     ".unanswered_since = {},"),
    ("a message during a question is forgotten", DECIDE,
     "if (before.messages <= asked.messages) return next;",
     "return next;"),
    ("events are not counted", DECIDE,
     "event.number = ++payment.events;",
     "event.number = payment.events + 1;"),
    ("the chain forgets the event before", DECIDE,
     "event.hash = hash_of(payment.chain, event);",
     "event.hash = hash_of({}, event);"),
    ("a refund under way is sent again", DECIDE,
     "if (before.refund) return {before.refund->id == order.id ? begun : under_way, before, {}};",
     "if (before.refund) return {begun, before, {}};"),
    ("earlier refunds are not counted", DECIDE,
     "const Money left{paid->minor_units - given_back, paid->currency};",
     "const Money left{paid->minor_units, paid->currency};"),
    ("a refund without an answer counts as refused", REFUNDER,
     "if (answer || !gave_nothing_back(answer.error().error)) return answer;",
     "if (answer) return answer;"),
    ("silence expires", DECIDE,
     "if (asked.answer) take_answer(decision, before, asked, rules, now);",
     "if (asked.answer) take_answer(decision, before, asked, rules, now);\n"
     "    else if (now - after.created_at >= rules.expires_after && is_open(after.state))\n"
     "        after.facts.failure = Failure::expired, after.state = Status::expired;"),
    ("any answer expires", DECIDE,
     "return asked.source == Source::gateway && asked.answer->unpaid &&",
     "return asked.source == Source::gateway &&"),
    ("the expiry is forgotten", DECIDE,
     "if (expires(after, asked, rules, now)) {",
     "if (false) {"),
    ("messages about decided payments are not stored", RECEIPT,
     "    received.kept = !repeated;",
     "    received.kept = !repeated && is_open(known->state);"),
    ("intake sets no due time", RECEIPT,
     "receipt.due = due;",
     "receipt.due.reset();"),
    ("a message during a question is dropped", QUEUE,
     "            entry.again = true;",
     "            entry.again = false;"),
    ("failed payments are not asked about again", SCHEDULE,
     "if (age < 1h) return history.now + 1h;",
     "if (age < 1s) return history.now + 1h;\n    if (age >= 1s) return {};"),
    ("a lease is taken without comparing", TABLES,
     "if (!is_due(row, lease.now) || is_leased(row, lease.now)) continue;",
     "if (!is_due(row, lease.now)) continue;"),
]

# This needs a message, a change after it and a lost answer at one moment.
RARE = {"a question without an answer is forgotten"}
RARE_COUNT = 1_000_000


def commands():
    """Compiler commands of the release build by source file."""
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    return {str(pathlib.Path(e["file"]).relative_to(ROOT)): e for e in entries}


def compile_broken(entry, source, target):
    words = shlex.split(entry["command"])
    words[words.index("-o") + 1] = str(target)
    words[words.index("-c") + 1] = str(source)
    words = [word for word in words if word != "-Werror"]
    subprocess.run(words, cwd=entry["directory"], check=True)


def link_command():
    """How the simulator is linked: its objects, then the library."""
    shown = subprocess.run(
        ["ninja", "-C", str(BUILD), "-t", "commands", "-s", "tests/simulator/tollgate_simulator"],
        capture_output=True, text=True, check=True).stdout
    output = "-o tests/simulator/tollgate_simulator"
    line = next(line for line in shown.splitlines() if output in line)
    return shlex.split(line.removeprefix(": && ").removesuffix(" && :"))


def build(mutation, folder, by_file, link):
    _, file, sound, broken = mutation
    text = (ROOT / file).read_text()
    if text.count(sound) != 1:
        raise SystemExit(f"{file} does not have once: {sound}")
    source = folder / "broken.cpp"
    source.write_text(text.replace(sound, broken))
    compile_broken(by_file[file], source, folder / "broken.o")
    words = list(link)
    words[words.index("-o") + 1] = str(folder / "simulator")
    own = f"tests/simulator/CMakeFiles/tollgate_simulator.dir/{pathlib.Path(file).name}.o"
    if own in words:
        words[words.index(own)] = str(folder / "broken.o")
    else:
        words.insert(words.index("-o"), str(folder / "broken.o"))
    subprocess.run(words, cwd=BUILD, check=True)
    return folder / "simulator"


def measure(program, count):
    """How many runs found it, and the law that was broken first."""
    done = subprocess.run([str(program), "--count", str(count)], capture_output=True, text=True,
                          timeout=3000, check=False)
    failed = re.search(r": (\d+) failed", done.stdout)
    first = re.search(r"^seed (\d+): (.*)$", done.stdout, re.MULTILINE)
    if failed is None:
        return None, done.stderr.strip().splitlines()[-1] if done.stderr else "no result"
    return int(failed.group(1)), first.group(2) if first else "not found"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    by_file, link = commands(), link_command()
    missed = 0
    print("| broken on purpose | in | runs that found it | first law broken |")
    print("| --- | --- | --- | --- |")
    for mutation in MUTATIONS:
        if options.names and mutation[0] not in options.names:
            continue
        with tempfile.TemporaryDirectory() as name:
            program = build(mutation, pathlib.Path(name), by_file, link)
            count = RARE_COUNT if mutation[0] in RARE else options.count
            failed, law = measure(program, count)
        missed += failed == 0
        shown = "aborted" if failed is None else f"{failed:,} of {count:,}"
        print(f"| {mutation[0]} | `{mutation[1]}` | {shown} | {law} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
