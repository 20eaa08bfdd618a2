// A client of Tollgate's payments API, and what a storefront needs to take its events. Node.js 18, no
// package. tests/http/test_examples.py runs it.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { setTimeout } from "node:timers/promises";

export class TollgateError extends Error {
  constructor(status, answer) {
    super(`${status}: ${answer.message ?? "no answer"}`);
    this.status = status;
    this.fields = answer.errors ?? {}; // every wrong field, and what is wrong with it
  }
}

export class Tollgate {
  constructor(url, key) {
    this.url = `${url}/api/v1/payments/`;
    this.key = key;
  }

  /** The payment; send the customer to its payment_url. */
  async open(order) {
    return (await this.call("POST", "", order)).data;
  }

  /** Asks the gateway when more may come of the payment. */
  async status(id) {
    return (await this.call("GET", `${id}/status/`)).data;
  }

  /** All that is left, when there is no amount. */
  async refund(id, amount = null) {
    return (await this.call("POST", `${id}/refund/`, { amount })).data;
  }

  async call(method, path, body) {
    const headers = { authorization: `Bearer ${this.key}` };
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      headers["idempotency-key"] = randomUUID();
    }
    const reply = await this.send(path, { method, headers, body: body && JSON.stringify(body) });
    const is_json = reply.headers.get("content-type") === "application/json";
    const answer = is_json ? await reply.json() : {};
    if (!answer.success) throw new TollgateError(reply.status, answer);
    return answer;
  }

  // When no answer comes the same is sent again: under the same key it is done once.
  async send(path, request) {
    for (const wait of [1000, 2000, null]) {
      try {
        return await fetch(this.url + path, { ...request, signal: AbortSignal.timeout(60_000) });
      } catch {
        if (wait === null) throw new TollgateError(0, {});
        await setTimeout(wait);
      }
    }
  }
}

/** Whether Tollgate wrote this event. `headers` with lower-case names, as Node gives them; `body`: the
 *  Buffer as it came. */
export function isGenuine(headers, body, secret) {
  const id = headers["webhook-id"] ?? "";
  const sentAt = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(sentAt) || Math.abs(Date.now() / 1000 - Number(sentAt)) > 300) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const digest = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  return (headers["webhook-signature"] ?? "").split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
