"""A payment from Python, as a command so that you can try it:

TOLLGATE_URL=https://pay.shop.example TOLLGATE_KEY=tg_… python3 pay.py open ORDER AMOUNT CURRENCY GATEWAY
… python3 pay.py wait ID            prints the status it ended with
… python3 pay.py refund ID AMOUNT
"""

import os
import sys
import time

from tollgate import Tollgate, TollgateError


def main(action, *arguments):
    tollgate = Tollgate(os.environ["TOLLGATE_URL"], os.environ["TOLLGATE_KEY"])
    if action == "open":
        order = dict(zip(("order", "amount", "currency", "gateway"), arguments))
        payment = tollgate.open(order)
        print(payment["id"], payment["payment_url"])  # redirect the customer there
    elif action == "wait":
        (payment_id,) = arguments
        while (status := tollgate.status(payment_id)["status"]) in ("pending", "processing", "review"):
            time.sleep(float(os.environ.get("TOLLGATE_WAIT_S", "10")))
        print(status)
    elif action == "refund":
        payment_id, amount = arguments
        payment = tollgate.refund(payment_id, amount)
        print(f"{payment['status']}, given back {payment['refunded']}")


try:
    main(*sys.argv[1:])
except TollgateError as error:
    sys.exit(f"{error} {error.fields}")
