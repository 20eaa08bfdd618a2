<?php
// What the three entries share. `settings.php` is written by the benchmark beside this file.
declare(strict_types=1);

require __DIR__ . '/settings.php';

function database(): PDO
{
    return new PDO('mysql:unix_socket=' . DATABASE_SOCKET . ';dbname=' . DATABASE_NAME
        . ';charset=utf8mb4', DATABASE_USER, DATABASE_PASSWORD, [
        PDO::ATTR_PERSISTENT => true,
        // Native ones cost a round trip more per statement, for they end with the request.
        PDO::ATTR_EMULATE_PREPARES => true,
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        PDO::MYSQL_ATTR_INIT_COMMAND =>
            "SET time_zone = '+00:00', tx_isolation = 'READ-COMMITTED'",
    ]);
}

/** Runs one statement; null becomes NULL. */
function run(PDO $database, string $statement, array $values): PDOStatement
{
    $prepared = $database->prepare($statement);
    $prepared->execute($values);
    return $prepared;
}

function now(): string
{
    return (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d H:i:s.u');
}

/** A UUID version 7, 16 bytes. */
function new_id(): string
{
    $id = substr(pack('J', (int) (microtime(true) * 1000)), 2) . random_bytes(10);
    $id[6] = chr(0x70 | ord($id[6]) & 0x0f);
    $id[8] = chr(0x80 | ord($id[8]) & 0x3f);
    return $id;
}

function to_base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

/** The id of the payment whose return token this is. */
function payment_of_return_token(string $token): ?string
{
    $bytes = base64_decode(strtr($token, '-_', '+/'), true);
    if ($bytes === false || strlen($bytes) !== 32) {
        return null;
    }
    $id = substr($bytes, 0, 16);
    $mac = substr(hash_hmac('sha256', "return\0" . $id, LINK_KEY, true), 0, 16);
    return hash_equals($mac, substr($bytes, 16)) ? $id : null;
}

function answer(int $status, string $text, string $type = 'text/plain'): void
{
    http_response_code($status);
    header('Content-Type: ' . $type . '; charset=utf-8');
    header('Content-Length: ' . strlen($text));
    echo $text;
}
