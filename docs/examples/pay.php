<?php
// A payment from a PHP page, as a command so that you can try it:
//
//   TOLLGATE_URL=https://pay.shop.example TOLLGATE_KEY=tg_… php pay.php open ORDER AMOUNT CURRENCY GATEWAY
//   … php pay.php wait ID            prints the status it ended with
//   … php pay.php refund ID AMOUNT
require __DIR__ . '/tollgate.php';

$tollgate = new Tollgate(getenv('TOLLGATE_URL'), getenv('TOLLGATE_KEY'));
[, $action, $first] = $argv;
try {
    if ($action === 'open') {
        [, , $order, $amount, $currency, $gateway] = $argv;
        $payment = $tollgate->open(compact('order', 'amount', 'currency', 'gateway'));
        echo "{$payment['id']} {$payment['payment_url']}\n"; // header("Location: …") in a page
    } elseif ($action === 'wait') {
        while (in_array($status = $tollgate->status($first)['status'], ['pending', 'processing', 'review'])) {
            usleep((int) (1e6 * (getenv('TOLLGATE_WAIT_S') ?: 10)));
        }
        echo "$status\n";
    } elseif ($action === 'refund') {
        $payment = $tollgate->refund($first, $argv[3]);
        echo "{$payment['status']}, given back {$payment['refunded']}\n";
    }
} catch (TollgateError $error) {
    fwrite(STDERR, $error->getMessage() . ' ' . json_encode($error->fields()) . "\n");
    exit(1);
}
