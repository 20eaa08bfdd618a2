<?php
$paid = $payment['status'] === 'paid';
$title = $paid ? 'Payment received' : 'Your payment is being confirmed';
$text = $paid ? 'Thank you! Your payment is confirmed.' : 'This takes a moment.';
$price = $payment['amount_minor'] . ' ' . $payment['currency'];
?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title><?= $title ?> – <?= htmlspecialchars(SHOP_NAME) ?></title>
<style><?= STYLE ?></style>
</head>
<body>
<main class="<?= $paid ? 'paid' : 'confirming' ?>">
<p class="shop"><?= htmlspecialchars(SHOP_NAME) ?></p>
<div class="mark" aria-hidden="true"><?= $paid ? '✓' : '…' ?></div>
<h1 role="status"><?= $title ?></h1>
<p class="text"><?= $text ?></p>
<dl>
<div><dt>Amount</dt><dd><?= htmlspecialchars($price) ?></dd></div>
<div><dt>Order</dt><dd><?= htmlspecialchars($payment['order_ref']) ?></dd></div>
<div><dt>Reference</dt><dd class="code"><?= htmlspecialchars($payment['reference']) ?></dd></div>
</dl>
<?php foreach ($downloads as $download): ?>
<a class="button" href="<?= PUBLIC_URL . '/download/' . htmlspecialchars($download['token']) ?>">
Download <span><?= htmlspecialchars(basename($download['file'])) ?></span></a>
<?php endforeach ?>
<a class="quiet" href="<?= htmlspecialchars(SHOP_URL) ?>">Back to the shop</a>
</main>
</body>
</html>
