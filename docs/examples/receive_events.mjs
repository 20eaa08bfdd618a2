// What stands behind `events.url`, or a payment's `callback_url`:
//
//   TOLLGATE_EVENTS_SECRET=whsec_… node receive_events.mjs 8000
//
// Keep the ids in your database, with a unique index, in the transaction in which you act; this
// example keeps them in a file.
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { isGenuine } from "./tollgate.mjs";

const file = process.env.EVENTS_FILE ?? "events.txt";

function act(id, event) {
  appendFileSync(file, "");
  if (readFileSync(file, "utf8").includes(id)) return;
  // payment.paid: deliver; payment.refunded: take back; …
  appendFileSync(file, `${id} ${event.type} ${event.data.order}\n`);
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const genuine = isGenuine(request.headers, body, process.env.TOLLGATE_EVENTS_SECRET);
  if (genuine) act(request.headers["webhook-id"], JSON.parse(body));
  response.writeHead(genuine ? 204 : 401).end();
}).listen(Number(process.argv[2]), "127.0.0.1");
