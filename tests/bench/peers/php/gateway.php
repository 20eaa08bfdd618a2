<?php
// The gateway's own word about a payment.
declare(strict_types=1);

const CONNECT_TIMEOUT_S = 5.0;
const REPLY_TIMEOUT_S = 20;

function ask_gateway(string $reference): ?array
{
    $body = post_json('/v2/payment/check', [
        'apikey' => GATEWAY_API_KEY,
        'site_id' => GATEWAY_SITE_ID,
        'transaction_id' => $reference,
    ]);
    $reply = $body === null ? null : json_decode($body, true);
    return is_array($reply) ? $reply : null;
}

function says_paid(array $reply, array $payment): bool
{
    $data = $reply['data'] ?? [];
    return ($reply['code'] ?? '') === '00'
        && ($data['status'] ?? '') === 'ACCEPTED'
        && ($data['currency'] ?? '') === $payment['currency']
        && ctype_digit($data['amount'] ?? '')
        && (int) $data['amount'] >= (int) $payment['amount_minor']
        && in_array($data['metadata'] ?? '', ['', $payment['reference']], true);
}

/**
 * Over a connection that outlives the request. curl cannot: its handles end with the request that
 * made them (until PHP 8.5), so each check would open a connection of its own.
 */
function post_json(string $path, array $values): ?string
{
    $body = json_encode($values);
    $request = "POST $path HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . strlen($body) . "\r\n\r\n" . $body;
    for ($attempt = 0; $attempt < 2; ++$attempt) { // a kept connection may have ended
        $connection = stream_socket_client(GATEWAY_ADDRESS, $code, $why, CONNECT_TIMEOUT_S,
            STREAM_CLIENT_CONNECT | STREAM_CLIENT_PERSISTENT);
        if ($connection === false) {
            return null;
        }
        stream_set_timeout($connection, REPLY_TIMEOUT_S);
        if (@fwrite($connection, $request) === strlen($request)) {
            $reply = read_reply($connection);
            if ($reply !== null) {
                return $reply;
            }
        }
        fclose($connection);
    }
    return null;
}

/** The body of a 200 that tells its length. */
function read_reply($connection): ?string
{
    if (!str_starts_with((string) fgets($connection), 'HTTP/1.1 200 ')) {
        return null;
    }
    $length = -1;
    while (($line = fgets($connection)) !== false && $line !== "\r\n") {
        if (stripos($line, 'content-length:') === 0) {
            $length = (int) substr($line, strlen('content-length:'));
        }
    }
    $body = $length < 0 ? false : stream_get_contents($connection, $length);
    return is_string($body) && strlen($body) === $length ? $body : null;
}
