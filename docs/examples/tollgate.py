"""A client of Tollgate's payments API, and what a storefront needs to take its events. Python's own
library only. tests/http/test_examples.py runs it."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
import uuid


class TollgateError(Exception):
    """`fields` has every wrong field, and what is wrong with it."""

    def __init__(self, status, answer):
        super().__init__(f"{status}: {answer.get('message', 'no answer')}")
        self.status = status
        self.answer = answer
        self.fields = answer.get("errors", {})


class Tollgate:
    def __init__(self, url, key):
        self._url = f"{url}/api/v1/payments/"
        self._key = key

    def open(self, order):
        """The payment; send the customer to its payment_url."""
        return self._call("POST", "", order)["data"]

    def status(self, payment_id):
        """Asks the gateway when more may come of the payment."""
        return self._call("GET", f"{payment_id}/status/")["data"]

    def refund(self, payment_id, amount=None):
        """All that is left, when there is no amount."""
        return self._call("POST", f"{payment_id}/refund/", {"amount": amount})["data"]

    def _call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self._key}"}
        data = None
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
            data = json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        # When no answer comes the same is sent again: under the same key it is done once.
        for wait_s in (1, 2, None):
            try:
                with urllib.request.urlopen(request, timeout=60) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                text = error.read()
                is_json = error.headers.get_content_type() == "application/json"
                raise TollgateError(error.code, json.loads(text) if is_json else {}) from None
            except OSError:
                if wait_s is None:
                    raise TollgateError(0, {}) from None
                time.sleep(wait_s)


def is_genuine(headers, body, secret, now=None):
    """Whether Tollgate wrote this event. `headers`: a mapping with lower-case names; `body`: the
    bytes as they came."""
    event_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdecimal() or abs((now or time.time()) - int(sent_at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{event_id}.{sent_at}.".encode() + body, hashlib.sha256)
    expected = b"v1," + base64.b64encode(digest)
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(expected, one) for one in signatures)
