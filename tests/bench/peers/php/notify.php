<?php
// A notification of CinetPay: proven, kept, asked about, settled; then answered.
declare(strict_types=1);

require __DIR__ . '/shop.php';
require __DIR__ . '/gateway.php';

const SIGNED_FIELDS = [
    'cpm_site_id', 'cpm_trans_id', 'cpm_trans_date', 'cpm_amount', 'cpm_currency', 'signature',
    'payment_method', 'cel_phone_num', 'cpm_phone_prefixe', 'cpm_language', 'cpm_version',
    'cpm_payment_config', 'cpm_page_action', 'cpm_custom', 'cpm_designation', 'cpm_error_message',
];

function is_signed(array $fields, string $token): bool
{
    $message = '';
    foreach (SIGNED_FIELDS as $name) {
        $value = $fields[$name] ?? '';
        $message .= is_string($value) ? $value : '';
    }
    return hash_equals(hash_hmac('sha256', $message, GATEWAY_SECRET), $token);
}

function keep_notification(PDO $database, array $payment, string $body): void
{
    $now = now();
    // IGNORE: the same message is stored once, by the unique index of its digest.
    run($database, 'INSERT IGNORE INTO tollgate_evidence (id, payment_id, kind, gateway, reference,
            digest, proof, body, received_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        new_id(), $payment['id'], 'notification', 'cinetpay', $payment['reference'],
        hash('sha256', "cinetpay\0" . $body, true), 'signed', $body, $now, $now,
    ]);
}

/** One transaction; another process may have settled the payment meanwhile. */
function settle(PDO $database, string $id, array $reply): void
{
    $database->beginTransaction();
    try {
        $payment = run($database, 'SELECT id, order_ref, reference, amount_minor, currency, files,
            status, chain FROM tollgate_payments WHERE id = ? FOR UPDATE', [$id])->fetch();
        if ($payment['status'] === 'pending' && says_paid($reply, $payment)) {
            write_settlement($database, $payment, $reply);
        }
        $database->commit();
    } catch (Throwable $error) {
        $database->rollBack();
        throw $error;
    }
}

function write_settlement(PDO $database, array $payment, array $reply): void
{
    $now = now();
    $evidence = new_id();
    $record = json_encode($reply);
    run($database, 'INSERT INTO tollgate_evidence (id, payment_id, kind, gateway, reference, digest,
            proof, body, received_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        $evidence, $payment['id'], 'check', 'cinetpay', $payment['reference'],
        hash('sha256', $payment['id'] . $record, true), 'none', $record, $now, $now,
    ]);
    $hash = hash('sha256', $payment['chain'] . $payment['id'] . 'pending paid' . $now, true);
    run($database, 'INSERT INTO tollgate_events (id, payment_id, number, from_status, to_status,
            cause, evidence_id, hash, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        new_id(), $payment['id'], 1, 'pending', 'paid', 'notification', $evidence, $hash, $now,
    ]);
    run($database, 'UPDATE tollgate_payments SET paid_minor = ?, paid_currency = ?, status = ?,
            checks = checks + 1, check_due_at = NULL, checked_at = ?, chain = ?, events = 1,
            paid_at = ?, updated_at = ? WHERE id = ?', [
        $payment['amount_minor'], $payment['currency'], 'paid', $now, $hash, $now, $now,
        $payment['id'],
    ]);
    run($database, "UPDATE store_order SET status = 'paid', cinetpay_payment_id = ?
            WHERE id = ? AND status <> 'paid'", [$payment['reference'], $payment['order_ref']]);
    foreach (json_decode($payment['files']) as $file) {
        write_grant($database, $payment, $file, $now);
    }
}

function write_grant(PDO $database, array $payment, string $file, string $now): void
{
    $token = to_base64url(random_bytes(24));
    run($database, 'INSERT INTO tollgate_grants (id, token_digest, payment_id, file, uses_max,
            expires_at, created_at) VALUES (?, ?, ?, ?, ?, DATE_ADD(?, INTERVAL 3 DAY), ?)', [
        new_id(), hash('sha256', $token, true), $payment['id'], $file, USES_MAX, $now, $now,
    ]);
    run($database, 'INSERT INTO store_downloadtoken (token, order_id, created_at)
            VALUES (?, ?, ?)', [$token, $payment['order_ref'], $now]);
}

function handle_notification(): void
{
    if (!is_signed($_POST, $_SERVER['HTTP_X_TOKEN'] ?? '')) {
        answer(401, "not signed\n");
        return;
    }
    $database = database();
    $payment = run($database, 'SELECT id, reference, status FROM tollgate_payments
        WHERE reference = ?', [$_POST['cpm_trans_id']])->fetch();
    if ($payment === false) {
        answer(404, "unknown payment\n");
        return;
    }
    keep_notification($database, $payment, file_get_contents('php://input'));
    if ($payment['status'] === 'pending') {
        $reply = ask_gateway($payment['reference']);
        if ($reply === null) {
            header('Retry-After: 60');
            answer(503, "try later\n");
            return;
        }
        settle($database, $payment['id'], $reply);
    }
    answer(200, "OK\n");
}

handle_notification();
