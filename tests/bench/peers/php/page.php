<?php $paid = $payment['status'] === 'paid'; ?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title><?= $paid ? 'Payment received' : 'Your payment is being confirmed' ?> – <?= htmlspecialchars(SHOP_NAME) ?></title>
<style><?= STYLE ?></style>
</head>
<body>
<main class="<?= $paid ? 'paid' : 'confirming' ?>">
<p class="shop"><?= htmlspecialchars(SHOP_NAME) ?></p>
<div class="mark" aria-hidden="true"><?= $paid ? '✓' : '…' ?></div>
<h1 role="status"><?= $paid ? 'Payment received' : 'Your payment is being confirmed' ?></h1>
<p class="text"><?= $paid ? 'Thank you for your order. Your files are ready.' : 'This takes a moment.' ?></p>
<dl>
<div><dt>Amount</dt><dd><?= htmlspecialchars($payment['amount_minor'] . ' ' . $payment['currency']) ?></dd></div>
<div><dt>Order</dt><dd><?= htmlspecialchars($payment['order_ref']) ?></dd></div>
<div><dt>Reference</dt><dd class="code"><?= htmlspecialchars($payment['reference']) ?></dd></div>
</dl>
<?php foreach ($downloads as $download): ?>
<a class="button" href="<?= PUBLIC_URL ?>/download/<?= htmlspecialchars($download['token']) ?>">Download <span><?= htmlspecialchars(basename($download['file'])) ?></span></a>
<?php endforeach ?>
<a class="quiet" href="<?= htmlspecialchars(SHOP_URL) ?>">Back to the shop</a>
</main>
</body>
</html>
