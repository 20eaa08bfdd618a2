"""Holds every answer of the payments API against docs/openapi.json: that this status is described
for this address and method, and that the body is as described.

    class ListTest(ApiCase):           # self.stack.api() checks what it returns
"""

import json
import re
import unittest.mock
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from case import Case, browser
from jsonschema import Draft202012Validator, RefResolver

description_path = Path(__file__).resolve().parents[2] / "docs/openapi.json"
_uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Description:
    """docs/openapi.json, and questions to it."""

    methods = ("get", "post")

    def __init__(self) -> None:
        self.document: dict[str, Any] = json.loads(description_path.read_text())
        self._resolver = RefResolver("", self.document)

    def resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in value:
            return value
        return self._resolver.resolve(value["$ref"])[1]

    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(path, method, operation)"""
        return [
            (path, method, item[method])
            for path, item in self.document["paths"].items()
            for method in self.methods
            if method in item
        ]

    def errors(self, schema: dict[str, Any], value: Any) -> list[str]:
        validator = Draft202012Validator(schema, resolver=self._resolver)
        return [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
            for error in validator.iter_errors(value)
        ]

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        parts = [part if not _uuid.fullmatch(part) else "{id}" for part in path.split("/")]
        wanted = "/".join(parts).rstrip("/") + "/"
        for known, known_method, operation in self.operations():
            if known.rstrip("/") + "/" == wanted and known_method == method.lower():
                return operation
        return None

    def objections(self, method: str, path: str, answer: browser.Answer) -> list[str]:
        operation = self.operation(method, urlsplit(path).path)
        if operation is None:
            return []
        if str(answer.status) not in operation["responses"]:
            return [f"{answer.status} is not described for {method} {path}"]
        response = self.resolved(operation["responses"][str(answer.status)])
        described = {name.lower() for name in response.get("headers", {})}
        found = [
            f"header {name} is not described"
            for name in ("retry-after", "idempotent-replayed", "www-authenticate")
            if name in answer.headers and name not in described
        ]
        media = response["content"].get(answer.headers["content-type"].partition(";")[0])
        if media is None:
            return [*found, f"{answer.headers['content-type']} is not described"]
        if answer.headers["content-type"] != "application/json":
            return found
        return [*found, *self.errors(media["schema"], answer.json())]


description = Description()


class ApiCase(Case):
    path = "/api/v1/payments/"

    def setUp(self) -> None:
        super().setUp()
        unchecked = self.stack.api

        def checked(method: str, path: str, *arguments: Any, **more: Any) -> browser.Answer:
            answer = unchecked(method, path, *arguments, **more)
            objections = description.objections(method, path, answer)
            self.assertEqual(objections, [], f"{method} {path}: {answer.text}")
            return answer

        patch = unittest.mock.patch.object(self.stack, "api", checked)
        patch.start()
        self.addCleanup(patch.stop)

    def of(self, payment_id: str, end: str = "") -> str:
        return f"{self.path}{payment_id}/{end}"

    def post(
        self, path: str, body: Any = None, *, idempotency_key: str = "", key: str | None = None
    ) -> browser.Answer:
        headers = {"idempotency-key": idempotency_key} if idempotency_key else {}
        return self.stack.api("POST", path, body, key, headers)
