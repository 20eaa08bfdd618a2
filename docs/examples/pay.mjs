// A payment from Node.js, as a command so that you can try it:
//
//   TOLLGATE_URL=https://pay.shop.example TOLLGATE_KEY=tg_… node pay.mjs open ORDER AMOUNT CURRENCY GATEWAY
//   … node pay.mjs wait ID            prints the status it ended with
//   … node pay.mjs refund ID AMOUNT
import { setTimeout } from "node:timers/promises";
import { Tollgate, TollgateError } from "./tollgate.mjs";

const tollgate = new Tollgate(process.env.TOLLGATE_URL, process.env.TOLLGATE_KEY);
const [action, ...given] = process.argv.slice(2);

try {
  if (action === "open") {
    const [order, amount, currency, gateway] = given;
    const payment = await tollgate.open({ order, amount, currency, gateway });
    console.log(payment.id, payment.payment_url); // redirect the customer there
  } else if (action === "wait") {
    let status;
    while (["pending", "processing", "review"].includes((status = (await tollgate.status(given[0])).status))) {
      await setTimeout(1000 * Number(process.env.TOLLGATE_WAIT_S ?? 10));
    }
    console.log(status);
  } else if (action === "refund") {
    const [id, amount] = given;
    const payment = await tollgate.refund(id, amount);
    console.log(`${payment.status}, given back ${payment.refunded}`);
  }
} catch (error) {
  if (!(error instanceof TollgateError)) throw error;
  console.error(error.message, JSON.stringify(error.fields));
  process.exitCode = 1;
}
