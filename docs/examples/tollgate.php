<?php
// A client of Tollgate's payments API, and what a storefront needs to take its events. PHP 8, no
// library. tests/http/test_examples.py runs it.

final class TollgateError extends RuntimeException
{
    /** @param array<string, mixed> $answer */
    public function __construct(public readonly int $status, public readonly array $answer)
    {
        parent::__construct("$status: " . ($answer['message'] ?? 'no answer'));
    }

    /** @return array<string, string> Every wrong field, and what is wrong with it. */
    public function fields(): array
    {
        return $this->answer['errors'] ?? [];
    }
}

final class Tollgate
{
    public function __construct(private string $url, private string $key)
    {
    }

    /**
     * @param array<string, mixed> $order order, amount, currency, gateway, …
     * @return array<string, mixed> the payment; send the customer to its payment_url
     */
    public function open(array $order): array
    {
        return $this->call('POST', '', $order)['data'];
    }

    /** Asks the gateway when more may come of the payment. */
    public function status(string $id): array
    {
        return $this->call('GET', "$id/status/")['data'];
    }

    /** $amount is null for all that is left. */
    public function refund(string $id, ?string $amount): array
    {
        return $this->call('POST', "$id/refund/", ['amount' => $amount])['data'];
    }

    private function call(string $method, string $path, ?array $body = null): array
    {
        $headers = ["Authorization: Bearer $this->key"];
        if ($body !== null) {
            $headers[] = 'Content-Type: application/json';
            $headers[] = 'Idempotency-Key: ' . bin2hex(random_bytes(16));
        }
        $context = stream_context_create(['http' => [
            'method' => $method,
            'header' => $headers,
            'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
            'timeout' => 60,
            'ignore_errors' => true, // an answer of 4xx or 5xx is one, too
            'follow_location' => 0,
        ]]);
        // When no answer comes the same is sent again: under the same key it is done once.
        for ($try = 0; $try < 3; ++$try) {
            sleep($try);
            $text = @file_get_contents("$this->url/api/v1/payments/$path", false, $context);
            if ($text !== false) {
                break;
            }
        }
        if ($text === false) {
            throw new TollgateError(0, []);
        }
        preg_match('~^HTTP/\S+ (\d+)~', $http_response_header[0], $found);
        $answer = json_decode($text, true) ?? [];
        if (!($answer['success'] ?? false)) {
            throw new TollgateError((int) $found[1], $answer);
        }
        return $answer;
    }
}

/**
 * Whether Tollgate wrote this event. $headers has lower-case names; $body is
 * file_get_contents('php://input'), before anything parses it.
 */
function tollgate_is_genuine(array $headers, string $body, string $secret): bool
{
    $id = $headers['webhook-id'] ?? '';
    $sent_at = $headers['webhook-timestamp'] ?? '';
    if (!ctype_digit($sent_at) || abs(time() - (int) $sent_at) > 300) {
        return false;
    }
    $key = base64_decode(substr($secret, strlen('whsec_')), true);
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sent_at.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}
