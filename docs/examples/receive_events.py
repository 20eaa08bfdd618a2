"""What stands behind `events.url`, or a payment's `callback_url`:

TOLLGATE_EVENTS_SECRET=whsec_… python3 receive_events.py 8000

Keep the ids in your database, with a unique index, in the transaction in which you act; this example
keeps them in a file."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from tollgate import is_genuine

path = os.environ.get("EVENTS_FILE", "events.txt")


class Events(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        genuine = is_genuine(headers, body, os.environ["TOLLGATE_EVENTS_SECRET"])
        if genuine:
            self.act(headers["webhook-id"], json.loads(body))
        self.send_response(204 if genuine else 401)
        self.end_headers()

    def act(self, event_id, event):
        with open(path, "a+") as seen:
            seen.seek(0)
            if event_id not in seen.read():
                # payment.paid: deliver; payment.refunded: take back; …
                seen.write(f"{event_id} {event['type']} {event['data']['order']}\n")


HTTPServer(("127.0.0.1", int(sys.argv[1])), Events).serve_forever()
