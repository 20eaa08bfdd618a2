"""The demo behind sandbox/demo, which installs and builds what this needs."""

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import browser
import ebook
from servers import StackError, exit_on_signals
from stack import Stack


class Wrong(Exception):
    """A step of the purchase did not go as it should."""


def expect(condition: Any, what_is_wrong: str) -> None:
    if not condition:
        raise Wrong(what_is_wrong)


def expect_status(answer: browser.Answer, status: int) -> browser.Answer:
    if answer.status != status:
        text = answer.body.decode(errors="replace")[-1500:]
        raise Wrong(f"{answer.url} answered {answer.status} instead of {status}:\n{text}")
    return answer


def only_form(answer: browser.Answer) -> browser.Form:
    found = browser.forms(answer)
    expect(len(found) == 1, f"{answer.url} has {len(found)} forms instead of one")
    return found[0]


def purchase(stack: Stack) -> Iterator[str]:
    """One purchase as a browser makes it; yields a line for every step that went well."""
    product = expect_status(browser.request("GET", f"{stack.shop_url}/"), 200)
    form = only_form(product)
    yield "the shop shows its product page"

    bought = browser.submit(form, name="Awa Koné", email="awa@example.com")
    payment_url = expect_status(bought, 303).location
    expect(payment_url.startswith(f"{stack.twins_url}/"), f"the shop redirects to {payment_url}")
    order = stack.database.query("SELECT id, status FROM store_order")
    expect(order == [{"id": 1, "status": "pending"}], f"store_order holds {order}")
    yield "buying makes a pending order and leads to the gateway's payment page"

    page = expect_status(browser.request("GET", payment_url), 200)
    decided = expect_status(browser.submit(only_form(page), choice="approve"), 200)
    form = only_form(decided)
    expect(form.action.startswith(f"{stack.url}/"), f"the customer is sent to {form.action}")
    yield "the customer approves; the gateway notifies Tollgate and sends the customer back"

    cross_site = {"origin": stack.twins_url, "sec-fetch-site": "cross-site"}
    back = browser.request(form.method.upper(), form.action, form.fields, cross_site)
    returned = expect_status(browser.request("GET", expect_status(back, 303).location), 200)
    downloads = [link for link in browser.links(returned) if "/download/" in link]
    expect(len(downloads) == 1, f"the return page has no download link:\n{returned.text}")
    yield "the return page says paid and has the download link"

    file = expect_status(browser.request("GET", downloads[0]), 200)
    expect(file.body == ebook.pdf(), "the downloaded file is not the e-book")
    yield "the download is the e-book, byte for byte"

    [order] = stack.database.query("SELECT status, cinetpay_payment_id FROM store_order")
    expect(order["status"] == "paid", f"store_order says {order}")
    payments = stack.database.query("SELECT reference, status FROM tollgate_payments")
    expected = [{"reference": order["cinetpay_payment_id"], "status": "paid"}]
    expect(payments == expected, f"tollgate_payments says {payments}, store_order {order}")
    yield "the shop's order row says paid, and names the payment"

    shown = expect_status(browser.request("GET", f"{stack.shop_url}/orders/1"), 200)
    tokens = stack.database.query("SELECT token FROM store_downloadtoken WHERE order_id = 1")
    expect(len(tokens) == 1, f"store_downloadtoken has {len(tokens)} rows")
    link = f"{stack.url}/download/{tokens[0]['token']}"
    expect(link in browser.links(shown), "the shop's order page has no download link")
    expect(expect_status(browser.request("GET", link), 200).body == ebook.pdf(), "another file")
    yield "the shop's order page says paid, and its link works too"


def once(stack: Stack) -> None:
    for step in purchase(stack):
        print(f"  ✓ {step}", flush=True)


def stay(stack: Stack) -> None:
    print(
        f"""
  Open  {stack.shop_url}/  and buy the e-book. On the payment page

    approve               the order is paid, the book can be downloaded
    decline               nothing is delivered, the customer may try again
    leave it pending      the return page waits; come back later and approve
    pay, but never notify Tollgate finds out by asking the gateway itself

  Logs      {stack.logs}/
  Database  mariadb --socket={stack.database.socket} -ushop -p{stack.database.password} shop
  Gateway   {stack.twins_url}/cinetpay/twin/transactions

  Ctrl-C stops everything and leaves nothing behind.
""",
        flush=True,
    )
    while not (ended := stack.ended()):
        time.sleep(0.5)
    raise StackError(f"{ended.name} ended\n{ended.log_tail()}")


def main() -> int:
    exit_on_signals()
    try:
        with Stack(os.environ.get("TOLLGATE_PRESET", "release")) as stack:
            once(stack) if "--once" in sys.argv[1:] else stay(stack)
    except KeyboardInterrupt:
        print("\nstopped")
        return 0
    except (Wrong, StackError, OSError) as error:
        print(f"  ✗ {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
