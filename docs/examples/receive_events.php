<?php
// What stands behind `events.url`, or a payment's `callback_url`:
//
//   TOLLGATE_EVENTS_SECRET=whsec_… php -S 127.0.0.1:8000 receive_events.php
//
// Keep the ids in your database, with a unique index, in the transaction in which you act; this
// example keeps them in a file.
require __DIR__ . '/tollgate.php';

$body = file_get_contents('php://input');
$headers = array_change_key_case(getallheaders());
if (!tollgate_is_genuine($headers, $body, getenv('TOLLGATE_EVENTS_SECRET'))) {
    http_response_code(401);
    return;
}
$event = json_decode($body, true);
$line = "{$headers['webhook-id']} {$event['type']} {$event['data']['order']}\n";
$seen = fopen(getenv('EVENTS_FILE') ?: 'events.txt', 'a+');
flock($seen, LOCK_EX);
if (!str_contains((string) stream_get_contents($seen, null, 0), $headers['webhook-id'])) {
    fwrite($seen, $line); // payment.paid: deliver; payment.refunded: take back; …
}
fclose($seen);
http_response_code(204);
