"""The demo behind sandbox/demo, which installs and builds what this needs."""

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import browser
import ebook
from servers import StackError, exit_on_signals, wait_until
from stack import Stack


settled_within_s = 30


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


def money_decided(stack: Stack, gateway: str, address: str) -> str:
    """What the customer does at the gateway's twin; the address where the browser ends up."""
    page = expect_status(browser.request("GET", address), 200)
    decided = browser.submit(only_form(page), choice="approve")
    if decided.status == 303:
        return decided.location
    expect_status(decided, 200)
    found = browser.forms(decided)
    if not found:  # decided on the phone: the browser stays where it is
        return ""
    form = found[0]
    expect(form.action.startswith(f"{stack.url}/"), f"the customer is sent to {form.action}")
    cross_site = {"origin": stack.twins_url, "sec-fetch-site": "cross-site"}
    back = browser.request(form.method.upper(), form.action, form.fields, cross_site)
    return expect_status(back, 303).location


def confirmed_on_the_phone(stack: Stack, gateway: str, waiting: str) -> str:
    english = {"accept-language": "en"}
    page = expect_status(browser.request("GET", waiting, headers=english), 200)
    expect("Confirm on your phone" in page.text, "the page does not speak of the phone")
    phone = expect_status(browser.request("GET", f"{stack.twins_url}/{gateway}/phone"), 200)
    prompts = [link for link in browser.links(phone) if "/pay/" in link]
    expect(len(prompts) == 1, f"the phone shows {len(prompts)} prompts instead of one")
    money_decided(stack, gateway, prompts[0])
    return waiting


def confirmed_by_hand(stack: Stack, waiting: str) -> str:
    [payment] = stack.database.query(
        "SELECT reference FROM tollgate_payments ORDER BY created_at DESC LIMIT 1"
    )
    expect_status(browser.request("GET", waiting), 200)
    stack.command("confirm", payment["reference"], "--paid")
    return waiting


def purchase(stack: Stack, gateway: str) -> Iterator[str]:
    """One purchase as a browser makes it; yields a line for every step that went well."""
    title, flow = stack.gateways[gateway]["title"], stack.gateways[gateway]["flow"]
    product = expect_status(browser.request("GET", f"{stack.shop_url}/"), 200)
    expect(f'value="{gateway}"' in product.text, f"the shop does not offer {gateway}")
    form = browser.forms(product)[0]
    bought = browser.submit(form, name="Awa Koné", email="awa@example.com", gateway=gateway)
    payment_url = expect_status(bought, 303).location
    [order] = stack.database.query("SELECT id, status FROM store_order ORDER BY id DESC LIMIT 1")
    expect(order["status"] == "pending", f"store_order says {order}")

    if flow == "hosted_page":
        home = stack.twins_url
        expect(payment_url.startswith(f"{home}/"), f"the shop redirects to {payment_url}")
        back = money_decided(stack, gateway, payment_url)
        yield f"{title}: the customer pays on the gateway's page and is sent back"
    elif flow == "phone_prompt":
        back = confirmed_on_the_phone(stack, gateway, payment_url)
        yield f"{title}: the customer confirms on the phone"
    else:
        back = confirmed_by_hand(stack, payment_url)
        yield f"{title}: the operator says that the carrier brought the money"

    def paid_page() -> browser.Answer | None:
        page = expect_status(browser.request("GET", back), 200)
        return page if any("/download/" in link for link in browser.links(page)) else None

    returned = wait_until(paid_page, settled_within_s, f"{title}: the page that says paid")
    [link] = [link for link in browser.links(returned) if "/download/" in link]
    file = expect_status(browser.request("GET", link), 200)
    expect(file.body == ebook.pdf(), "the downloaded file is not the e-book")

    [row] = stack.database.query(
        "SELECT status, cinetpay_payment_id FROM store_order WHERE id = %s", order["id"]
    )
    expect(row["status"] == "paid", f"store_order says {row}")
    payments = stack.database.query(
        "SELECT reference, status, gateway FROM tollgate_payments WHERE order_ref = %s",
        str(order["id"]),
    )
    reference = row["cinetpay_payment_id"]
    expected = [{"reference": reference, "status": "paid", "gateway": gateway}]
    expect(payments == expected, f"tollgate_payments says {payments}, store_order {row}")

    shown = expect_status(browser.request("GET", f"{stack.shop_url}/orders/{order['id']}"), 200)
    [token] = stack.database.query(
        "SELECT token FROM store_downloadtoken WHERE order_id = %s", order["id"]
    )
    link = f"{stack.url}/download/{token['token']}"
    expect(link in browser.links(shown), "the shop's order page has no download link")
    expect(expect_status(browser.request("GET", link), 200).body == ebook.pdf(), "another file")
    yield f"{title}: paid, downloaded, and the shop's order row says so"

    def told() -> bool:
        page = browser.request("GET", f"{stack.shop_url}/orders/{order['id']}")
        return "payment.paid" in expect_status(page, 200).text

    wait_until(told, settled_within_s, f"{title}: the event")
    yield f"{title}: the shop was told payment.paid, and its signature is good"


def once(stack: Stack) -> None:
    for gateway in stack.gateways:
        for step in purchase(stack, gateway):
            print(f"  ✓ {step}", flush=True)


def stay(stack: Stack) -> None:
    phones = "".join(
        f"    {about['title']:14} {stack.twins_url}/{name}/phone\n"
        for name, about in stack.gateways.items()
        if about["flow"] == "phone_prompt"
    )
    print(
        f"""
  Open  {stack.shop_url}/  and buy the e-book. On the payment page

    approve               the order is paid, the book can be downloaded
    decline               nothing is delivered, the customer may try again
    leave it pending      the return page waits; come back later and approve
    pay, but never notify Tollgate finds out by asking the gateway itself

  Where the customer confirms on the phone, that phone is here:
{phones}
  Cash is confirmed by  TOLLGATE_CONFIG={stack.configuration} \\
    {stack.binaries}/cli/tollgate confirm --order NUMBER --paid

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
