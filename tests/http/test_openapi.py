"""docs/openapi.json is OpenAPI 3.1, consistent, served as it is, and every example in it is true.
Whether it describes the code is shown by tests/fcgi/openapi_test.cpp, and by every answer that the
tests of the API get (api_case.py)."""

import json
import re
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api_case import ApiCase, description, description_path
from case import browser
from jsonschema import Draft202012Validator

# https://spec.openapis.org/oas/3.1/schema/, without the schemas of the schemas
_schema_path = Path(__file__).parent / "openapi-3.1.schema.json"


def _walk(value: Any, place: str = "#") -> Iterator[tuple[str, Any]]:
    yield place, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{place}/{index}")


class DocumentTest(unittest.TestCase):
    document = description.document

    def test_it_is_openapi_3_1(self) -> None:
        schema = json.loads(_schema_path.read_text())
        errors = list(Draft202012Validator(schema).iter_errors(self.document))
        self.assertEqual([error.message for error in errors], [])

    def test_its_schemas_are_json_schema(self) -> None:
        for name, schema in self.document["components"]["schemas"].items():
            with self.subTest(name):
                Draft202012Validator.check_schema(schema)

    def test_every_reference_leads_somewhere_and_everything_is_used(self) -> None:
        used = set()
        for place, value in _walk(self.document):
            if isinstance(value, dict) and "$ref" in value:
                with self.subTest(place):
                    self.assertIsNotNone(description.resolved(value))
                used.add(value["$ref"])
        for kind in ("schemas", "parameters", "headers", "responses"):
            for name in self.document["components"][kind]:
                self.assertIn(f"#/components/{kind}/{name}", used)

    def test_every_operation_is_told_in_full(self) -> None:
        names = []
        for path, method, operation in description.operations():
            with self.subTest(f"{method} {path}"):
                names.append(operation["operationId"])
                self.assertTrue(operation["summary"])
                self.assertTrue(path.startswith("/api/v1/"))
                for status, response in operation["responses"].items():
                    self.assertRegex(status, r"^\d{3}$")
                    self.assertTrue(description.resolved(response)["description"])
                placeholders = set(re.findall(r"{(\w+)}", path))
                item = self.document["paths"][path]
                declared = {
                    description.resolved(one)["name"]
                    for one in item.get("parameters", [])
                    if description.resolved(one)["in"] == "path"
                }
                self.assertEqual(declared, placeholders)
        self.assertEqual(len(names), len(set(names)))

    def test_every_example_is_as_its_schema_says(self) -> None:
        examples = 0
        for place, value in _walk(self.document):
            if not isinstance(value, dict) or "schema" not in value:
                continue
            given = [one["value"] for one in value.get("examples", {}).values()]
            if "example" in value:
                given.append(value["example"])
            for example in given:
                with self.subTest(place):
                    self.assertEqual(description.errors(value["schema"], example), [])
                    examples += 1
        self.assertGreater(examples, 30)

    def test_every_json_answer_and_body_has_an_example(self) -> None:
        for path, method, operation in description.operations():
            if path.endswith("openapi.json"):
                continue
            media = [
                description.resolved(response)["content"].get("application/json")
                for response in operation["responses"].values()
            ]
            media += [operation.get("requestBody", {}).get("content", {}).get("application/json")]
            for one in media:
                with self.subTest(f"{method} {path}"):
                    self.assertTrue(one is None or one.keys() & {"example", "examples"})


class ServedTest(ApiCase):
    def test_it_is_served_without_a_key(self) -> None:
        answer = browser.request("GET", f"{self.stack.url}/api/v1/openapi.json")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.body, description_path.read_bytes())

    def test_the_requests_that_it_shows_are_taken(self) -> None:
        """What the example's gateway is, this shop may not have; no other field may be wrong."""
        content = description.document["paths"][self.path]["post"]["requestBody"]["content"]
        for name, example in content["application/json"]["examples"].items():
            with self.subTest(name):
                answer = self.stack.api("POST", self.path, example["value"])
                wrong = set(answer.json().get("errors", {}))
                here = {"gateway", "provider", "currency", "files", "callback_url"}
                self.assertEqual(wrong - here, set(), answer.text)

    def test_methods_that_it_does_not_show_are_refused(self) -> None:
        for path, item in description.document["paths"].items():
            here = path.replace("{id}", "0190f3c2-7b1e-7c3a-9f00-0123456789ab")
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                with self.subTest(f"{method} {path}"):
                    answer = browser.request(method, self.stack.url + here)
                    known = method.lower() in item
                    self.assertEqual(answer.status == 405, not known, answer.text)
                    if not known:
                        allowed = set(answer.headers["allow"].split(", ")) - {"HEAD"}
                        shown = {one.upper() for one in description.methods if one in item}
                        self.assertEqual(allowed, shown)


del ApiCase
