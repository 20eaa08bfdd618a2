"""The code blocks of our documents, so that what a shop copies is what the tests run."""

import json
import re
import subprocess
from pathlib import Path

root = Path(__file__).resolve().parents[2]


def code(document: str, language: str) -> str:
    """All blocks of this language in a document, `docs/checkout.md`, one after the other."""
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```$", (root / document).read_text(), re.MULTILINE | re.DOTALL
    )
    assert blocks, f"{document} has no block of {language}"
    return "\n".join(blocks)


def call_php(document: str, function: str, *arguments: object) -> str:
    """What a function of the document's PHP returns; it is called as a shop's page would."""
    script = (
        f"{code(document, 'php')}\n"
        f"$arguments = json_decode(stream_get_contents(STDIN), true);\n"
        f"echo {function}(...$arguments);"
    )
    return _output(["php", "-n", "-r", script], arguments)


def call_javascript(document: str, function: str, *arguments: object) -> str:
    script = (
        f"{code(document, 'javascript')}\n"
        f"const given = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));\n"
        f"process.stdout.write({function}(...given));"
    )
    return _output(["node", "-e", script], arguments)


def _output(command: list[str], arguments: tuple[object, ...]) -> str:
    done = subprocess.run(
        command, input=json.dumps(arguments), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
