<?php
// The gateway's own word about a payment.
declare(strict_types=1);

function ask_gateway(string $reference): ?array
{
    static $curl = null;
    $curl ??= curl_init();
    curl_setopt_array($curl, [
        CURLOPT_URL => GATEWAY_URL . '/v2/payment/check',
        CURLOPT_POSTFIELDS => json_encode([
            'apikey' => GATEWAY_API_KEY,
            'site_id' => GATEWAY_SITE_ID,
            'transaction_id' => $reference,
        ]),
        CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_CONNECTTIMEOUT_MS => 5000,
        CURLOPT_TIMEOUT_MS => 20000,
    ]);
    $body = curl_exec($curl);
    $reply = is_string($body) ? json_decode($body, true) : null;
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
