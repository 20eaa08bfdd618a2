#!/usr/bin/python3
"""The demo shop: one e-book, sold through Tollgate. Settings come from the environment (SHOP_...).

What a shop has to do is in `open_payment`: its own order row first, then one request to Tollgate,
then the browser goes to `payment_url`. Tollgate keeps the order row in step, and tells of every
change: `Events` checks that it is Tollgate who tells. A real shop would show an order only to the
customer it belongs to.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import string
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pymysql
import pymysql.cursors

price_fcfa = 1500
form_bytes_max = 4096
event_bytes_max = 16384
event_age_max_s = 300
language_wish = re.compile(r"(fr|en)(?:-\w+)*\s*(?:;\s*q=([01](?:\.\d{1,3})?))?", re.IGNORECASE)
tollgate_timeout_s = 60
page = string.Template(Path(__file__).with_name("shop_page.html").read_text())

words: dict[str, dict[str, str]] = {
    "fr": {
        "subtitle": "25 recettes ivoiriennes, expliquées pas à pas",
        "pitch": "De l'attiéké du marché à l'alloco du soir : des recettes simples, des"
        " ingrédients faciles à trouver, des photos à chaque étape.",
        "facts": "PDF, lisible sur téléphone",
        "price": "1 500 FCFA",
        "name": "Votre nom",
        "email": "Votre adresse e-mail",
        "buy": "Acheter et télécharger",
        "method": "Moyen de paiement",
        "phone": "Votre téléphone, pour Mobile Money (vide : celui du bac à sable)",
        "hosted_page": "sur la page du prestataire",
        "phone_prompt": "à confirmer sur le téléphone",
        "on_delivery": "au livreur",
        "orders": "Commandes dans la table de la boutique",
        "order": "Commande",
        "pending": "en attente de paiement",
        "paid": "payée",
        "failed": "non payée",
        "pending_text": "La boutique n'a pas encore reçu de paiement. Cette page se met à jour.",
        "paid_text": "Merci ! Votre livre est prêt.",
        "failed_text": "Le paiement n'a pas abouti. Rien n'a été livré.",
        "download": "Télécharger le livre",
        "pay": "Payer cette commande",
        "events": "Ce que Tollgate a annoncé, signature vérifiée",
        "back": "Retour à la boutique",
        "not_found": "Cette page n'existe pas.",
        "wrong_form": "Merci d'indiquer un nom, une adresse e-mail valable et un moyen de paiement.",
        "no_payment": "Le paiement n'a pas pu commencer",
        "no_payment_text": "La commande est gardée, le livre n'est pas livré. Tollgate a répondu :",
        "unreachable": "Tollgate est injoignable.",
    },
    "en": {
        "subtitle": "25 recipes from Côte d'Ivoire, step by step",
        "pitch": "From attiéké at the market to alloco at night: simple recipes, ingredients that"
        " are easy to find, a picture of every step.",
        "facts": "PDF, made for your phone",
        "price": "1,500 FCFA",
        "name": "Your name",
        "email": "Your e-mail address",
        "buy": "Buy and download",
        "method": "How to pay",
        "phone": "Your phone, for mobile money (empty: the sandbox's own)",
        "hosted_page": "on the provider's page",
        "phone_prompt": "confirm on the phone",
        "on_delivery": "to the carrier",
        "orders": "Orders in the shop's table",
        "order": "Order",
        "pending": "waiting for payment",
        "paid": "paid",
        "failed": "not paid",
        "pending_text": "The shop has not received a payment yet. This page updates itself.",
        "paid_text": "Thank you! Your book is ready.",
        "failed_text": "The payment did not succeed. Nothing was delivered.",
        "download": "Download the book",
        "pay": "Pay this order",
        "events": "What Tollgate told, signature verified",
        "back": "Back to the shop",
        "not_found": "There is no such page.",
        "wrong_form": "Please give a name, a valid e-mail address and a way to pay.",
        "no_payment": "The payment could not be started",
        "no_payment_text": "The order is kept, the book is not delivered. Tollgate answered:",
        "unreachable": "Tollgate cannot be reached.",
    },
}


@dataclass(frozen=True)
class Method:
    """A way to pay, and what the book costs there."""

    gateway: str
    title: str
    flow: str
    amount: str
    currency: str
    phone: str


@dataclass(frozen=True)
class Settings:
    port: int
    database: dict[str, str]
    tollgate_url: str
    tollgate_key: str
    events_secret: str
    methods: list[Method]


@dataclass(frozen=True)
class Reply:
    status: int
    body: str = ""
    location: str = ""


def settings_of(environment: Mapping[str, str]) -> Settings:
    return Settings(
        port=int(environment["SHOP_LISTEN"]),
        database={
            "unix_socket": environment["SHOP_DATABASE_SOCKET"],
            "database": environment["SHOP_DATABASE_NAME"],
            "user": environment["SHOP_DATABASE_USER"],
            "password": environment["SHOP_DATABASE_PASSWORD"],
        },
        tollgate_url=environment["SHOP_TOLLGATE_URL"],
        tollgate_key=environment["SHOP_TOLLGATE_KEY"],
        events_secret=environment["SHOP_EVENTS_SECRET"],
        methods=[Method(**method) for method in json.loads(environment["SHOP_METHODS"])],
    )


def language_of(accept_language: str) -> str:
    """The better liked of French and English; French when neither is named."""
    liked = {"fr": 0.0, "en": 0.0}
    for wish in accept_language.split(","):
        match = language_wish.fullmatch(wish.strip())
        if match:
            name = match[1].lower()
            liked[name] = max(liked[name], float(match[2] or 1))
    return "en" if liked["en"] > liked["fr"] else "fr"


class Events:
    """What Tollgate told, by order, as long as the shop runs. A real shop keeps the ids and acts
    on what it is told; this one shows it.

    Threads: any
    """

    def __init__(self, secret: str) -> None:
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._of_order: dict[str, list[dict[str, Any]]] = {}

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        event_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not re.fullmatch(r"\d{1,12}", sent_at):
            return False
        if abs(time.time() - int(sent_at)) > event_age_max_s:
            return False
        signed = f"{event_id}.{sent_at}.".encode() + body
        digest = hmac.digest(self._key, signed, hashlib.sha256)
        expected = b"v1," + base64.b64encode(digest)
        signatures = headers.get("webhook-signature", "").encode().split(b" ")
        return any(hmac.compare_digest(expected, one) for one in signatures)

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """The HTTP status of the answer."""
        if not self.is_genuine(headers, body):
            return 401
        event = json.loads(body)
        with self._lock:
            if headers["webhook-id"] not in self._seen:
                self._seen.add(headers["webhook-id"])
                self._of_order.setdefault(event["data"]["order"], []).append(event)
        return 200

    def of_order(self, order: int) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._of_order.get(str(order), []))


class Shop:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.events = Events(settings.events_secret)

    def handle(self, method: str, path: str, form: dict[str, str], language: str) -> Reply:
        order = re.fullmatch(r"/orders/(\d{1,18})(/pay)?", path)
        if (method, path) == ("GET", "/"):
            return Reply(200, self._product_page(language))
        if (method, path) == ("POST", "/buy"):
            return self._buy(form, language)
        if order and method == ("POST" if order[2] else "GET"):
            row = self._order(int(order[1]))
            if row and order[2]:
                return self._open_payment(row, row["email"].partition("@")[0], form, language)
            if row:
                return Reply(200, self._order_page(row, language))
        return Reply(404, self._message_page(words[language]["not_found"], "", language))

    def _buy(self, form: dict[str, str], language: str) -> Reply:
        name, email = form.get("name", "").strip(), form.get("email", "").strip()
        good = 1 <= len(name) <= 100 and re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,180}", email)
        if not good or not self._method(form):
            text = words[language]["wrong_form"]
            return Reply(422, self._message_page(text, "", language))
        with self._database() as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO store_order (email, amount_fcfa, status, created_at)"
                " VALUES (%s, %s, 'pending', UTC_TIMESTAMP(6))",
                (email, price_fcfa),
            )
            order = cursor.lastrowid
        return self._open_payment(self._order(order), name, form, language)

    def _method(self, form: dict[str, str]) -> Method | None:
        wanted = form.get("gateway", "")
        return next((one for one in self._settings.methods if one.gateway == wanted), None)

    def _open_payment(
        self, order: dict[str, Any], name: str, form: dict[str, str], language: str
    ) -> Reply:
        method = self._method(form)
        if method is None:
            return Reply(422, self._message_page(words[language]["wrong_form"], "", language))
        customer = {"name": name, "surname": name, "email": order["email"]}
        phone = form.get("phone", "").strip() or method.phone
        if phone:
            customer["phone"] = phone
        status, answer = self._ask_tollgate(
            {
                "order": str(order["id"]),
                "gateway": method.gateway,
                "amount": method.amount,
                "currency": method.currency,
                "description": "Attiéké & Alloco (PDF)",
                "files": ["ebook.pdf"],
                "customer": customer,
                "language": language,
            }
        )
        payment = answer.get("data") or {}
        if status == 201 or (status == 409 and payment.get("status") in ("pending", "processing")):
            if payment.get("payment_url"):
                return Reply(303, location=payment["payment_url"])
        if status == 409 and payment.get("status") == "paid":
            return Reply(303, location=f"/orders/{order['id']}")
        return Reply(502, self._failure_page(status, answer, order, language))

    def _ask_tollgate(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The HTTP status (0: no answer) and the JSON object of the answer."""
        address = urlsplit(self._settings.tollgate_url)
        connection = http.client.HTTPConnection(
            address.hostname, address.port, timeout=tollgate_timeout_s
        )
        headers = {
            "authorization": f"Bearer {self._settings.tollgate_key}",
            "content-type": "application/json",
        }
        try:
            connection.request("POST", "/api/v1/payments/", json.dumps(body), headers)
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException) as error:
            print(f"tollgate: {error}", file=sys.stderr)
            return 0, {}
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {"message": text.decode(errors="replace")[:200]}
        return reply.status, answer if isinstance(answer, dict) else {}

    def _database(self) -> pymysql.Connection:
        return pymysql.connect(
            **self._settings.database,
            charset="utf8mb4",
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
            connect_timeout=5,
        )

    def _rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with self._database() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def _order(self, order: int) -> dict[str, Any] | None:
        rows = self._rows(
            "SELECT id, email, amount_fcfa, status, cinetpay_payment_id FROM store_order"
            " WHERE id = %s",
            order,
        )
        return rows[0] if rows else None

    def _product_page(self, language: str) -> str:
        text = words[language]
        rows = self._rows("SELECT id, status FROM store_order ORDER BY id DESC LIMIT 10")
        orders = "".join(
            f'<li><a href="/orders/{row["id"]}">{text["order"]} {row["id"]}</a>'
            f'<span class="{escape(row["status"])}">{escape(row["status"])}</span></li>'
            for row in rows
        )
        listed = f'<section><h2>{text["orders"]}</h2><ul>{orders}</ul></section>' if rows else ""
        content = f"""
<p class="soft">{text["subtitle"]}</p>
<p>{text["pitch"]}</p>
<p class="soft">{text["facts"]}</p>
<p class="price">{text["price"]}</p>
<form method="post" action="/buy">
<label>{text["name"]}<input name="name" autocomplete="name" maxlength="100" required></label>
<label>{text["email"]}<input name="email" type="email" autocomplete="email" required></label>
{self._methods(text)}
<button>{text["buy"]}</button>
</form>
{listed}"""
        return self._page(language, content)

    def _methods(self, text: dict[str, str]) -> str:
        first = self._settings.methods[0].gateway
        choices = "".join(
            f'<label><input type="radio" name="gateway" value="{escape(one.gateway)}"'
            f"{' checked' if one.gateway == first else ''}><span>{escape(one.title)}"
            f"<small>{text[one.flow]}</small></span>"
            f"<b>{escape(one.amount)}&nbsp;{escape(one.currency)}</b></label>"
            for one in self._settings.methods
        )
        return (
            f"<fieldset><legend>{text['method']}</legend>{choices}</fieldset>"
            f'<label>{text["phone"]}<input name="phone" type="tel" maxlength="20"></label>'
        )

    def _order_page(self, order: dict[str, Any], language: str) -> str:
        text, status = words[language], order["status"]
        if status == "paid":
            tokens = self._rows(
                "SELECT token FROM store_downloadtoken WHERE order_id = %s ORDER BY id", order["id"]
            )
            action = "".join(
                f'<a class="button" href="{self._settings.tollgate_url}/download/'
                f'{escape(row["token"])}">{text["download"]}</a>'
                for row in tokens
            )
        else:
            action = (
                f'<form method="post" action="/orders/{order["id"]}/pay">'
                f"{self._methods(text)}<button>{text['pay']}</button></form>"
            )
        reference = escape(order["cinetpay_payment_id"] or "")
        said = f'<span class="{escape(status)}">{text.get(status, escape(status))}</span>'
        content = f"""
<h2>{text["order"]} {order["id"]}: {said}</h2>
<p>{text.get(f"{status}_text", "")}</p>
{action}
{self._told(order, text)}
<p class="soft">{escape(order["email"])} · {order["amount_fcfa"]} FCFA<br>{reference}</p>
<p><a href="/">{text["back"]}</a></p>"""
        return self._page(language, content, refresh=status == "pending")

    def _told(self, order: dict[str, Any], text: dict[str, str]) -> str:
        told = "".join(
            f"<li><span>{escape(event['type'])}</span>"
            f"<span>{escape(event['timestamp'])}</span></li>"
            for event in self.events.of_order(order["id"])
        )
        return f"<section><h2>{text['events']}</h2><ul>{told}</ul></section>" if told else ""

    def _failure_page(
        self, status: int, answer: dict[str, Any], order: dict[str, Any], language: str
    ) -> str:
        text = words[language]
        said = f"{status}: {answer.get('message', '')}" if status else text["unreachable"]
        errors = answer.get("errors")
        details = "".join(
            f"<li>{escape(str(name))}: {escape(str(problem))}</li>"
            for name, problem in (errors.items() if isinstance(errors, dict) else ())
        )
        content = f"""<p>{text["no_payment_text"]}</p><p class="failed">{escape(said)}</p>
<ul>{details}</ul><p><a href="/orders/{order["id"]}">{text["order"]} {order["id"]}</a></p>"""
        return self._message_page(text["no_payment"], content, language)

    def _message_page(self, title: str, content: str, language: str) -> str:
        back = f'<p><a href="/">{words[language]["back"]}</a></p>'
        return self._page(language, f"<h2>{escape(title)}</h2>{content}{back}")

    def _page(self, language: str, content: str, *, refresh: bool = False) -> str:
        meta = '<meta http-equiv="refresh" content="3">' if refresh else ""
        return page.substitute(language=language, meta=meta, content=content)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "shop"
    sys_version = ""
    timeout = 30
    shop: Shop

    def do_GET(self) -> None:
        self._answer("GET", {})

    def do_POST(self) -> None:
        is_event = urlsplit(self.path).path == "/events"
        body = self._body(event_bytes_max if is_event else form_bytes_max)
        if body is None:
            self.close_connection = True
            self._send(Reply(413))
        elif is_event:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(Reply(self.shop.events.take(headers, body)))
        else:
            fields = parse_qs(body.decode(errors="replace"))
            self._answer("POST", {name: values[0] for name, values in fields.items()})

    def _body(self, bytes_max: int) -> bytes | None:
        length = self.headers.get("content-length", "")
        if not re.fullmatch(r"\d{1,6}", length) or int(length) > bytes_max:
            return None
        return self.rfile.read(int(length))

    def _answer(self, method: str, form: dict[str, str]) -> None:
        language = language_of(self.headers.get("accept-language", ""))
        try:
            reply = self.shop.handle(method, urlsplit(self.path).path, form, language)
        except pymysql.err.MySQLError as error:
            print(f"database: {error}", file=sys.stderr)
            reply = Reply(503, "the shop's database is away\n")
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        body = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.send_header("referrer-policy", "no-referrer")
        self.send_header("x-content-type-options", "nosniff")
        self.send_header(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none';"
            " frame-ancestors 'none'",
        )
        if reply.location:
            self.send_header("location", reply.location)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    settings = settings_of(os.environ)
    Handler.shop = Shop(settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("127.0.0.1", settings.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
