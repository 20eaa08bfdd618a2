"""A browser without cookies and without JavaScript: requests, and the forms and links of a page."""

import http.client
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

timeout_s = 90


@dataclass(frozen=True)
class Answer:
    url: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return urljoin(self.url, self.headers["location"])


@dataclass
class Form:
    """A form of a page, with the values it would send but for those of its buttons."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


def request(
    method: str,
    url: str,
    body: bytes | dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request, no redirect followed; a dict is sent as a form."""
    headers = dict(headers or {})
    if isinstance(body, dict):
        body = urlencode(body).encode()
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        return Answer(url, reply.status, reply.headers, reply.read())
    finally:
        connection.close()


def submit(form: Form, **fields: str) -> Answer:
    """Sends the form with these fields added, as a click on its button does."""
    values = form.fields | fields
    if form.method == "get":
        return request("GET", f"{form.action}?{urlencode(values)}")
    return request("POST", form.action, values)


class _Page(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.url, values.get("action", ""))
            self._open = Form(values.get("method", "get").lower(), action)
            self.forms.append(self._open)
        elif tag == "input" and self._open and values.get("name"):
            kind = values.get("type", "text")
            sent = kind not in ("submit", "button", "radio", "checkbox") or "checked" in values
            if sent:
                self._open.fields[values["name"]] = values.get("value", "")
        elif tag == "a" and "href" in values:
            self.links.append(urljoin(self.url, values["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def forms(answer: Answer) -> list[Form]:
    return _parsed(answer).forms


def links(answer: Answer) -> list[str]:
    return _parsed(answer).links


def _parsed(answer: Answer) -> _Page:
    page = _Page(answer.url)
    page.feed(answer.text)
    page.close()
    return page
