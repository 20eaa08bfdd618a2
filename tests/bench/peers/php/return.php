<?php
// The page to which the customer comes back: what became of the payment, and the links.
declare(strict_types=1);

require __DIR__ . '/shop.php';

function show_return_page(): void
{
    $token = $_GET['t'] ?? '';
    $id = is_string($token) ? payment_of_return_token($token) : null;
    $database = database();
    $payment = $id === null ? false : run($database, 'SELECT id, order_ref, reference, amount_minor,
        currency, status FROM tollgate_payments WHERE id = ?', [$id])->fetch();
    if ($payment === false) {
        answer(404, "unknown payment\n");
        return;
    }
    $downloads = [];
    if ($payment['status'] === 'paid') {
        $downloads = run($database, 'SELECT token.token, granted.file
            FROM tollgate_grants AS granted JOIN store_downloadtoken AS token ON token.order_id = ?
            WHERE granted.payment_id = ? AND granted.revoked_at IS NULL', [
            $payment['order_ref'], $id,
        ])->fetchAll();
    }
    ob_start();
    require __DIR__ . '/page.php';
    header('Cache-Control: no-store');
    header('Referrer-Policy: no-referrer');
    header('X-Content-Type-Options: nosniff');
    answer(200, ob_get_clean(), 'text/html');
}

show_return_page();
