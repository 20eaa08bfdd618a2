<?php
// A page that sells one e-book and has neither a framework nor a database: docs/checkout.md is all
// that it is made of.
declare(strict_types=1);

require __DIR__ . '/tollgate.php'; // the functions of docs/checkout.md, as they stand there

$address = getenv('PLAIN_TOLLGATE_URL');
$secret = getenv('PLAIN_CHECKOUT_SECRET');
$own = 'http://' . $_SERVER['HTTP_HOST'];

function show(string $body): void
{
    echo "<!doctype html>\n<title>Attiéké &amp; Alloco</title>\n$body\n";
}

if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) === '/thanks') {
    show('<h1>Thank you</h1>');
    return;
}
$fields = tollgate_fields('cinetpay', [
    'order' => 'web-' . bin2hex(random_bytes(6)),
    'amount' => '1500',
    'currency' => 'XOF',
    'description' => 'Attiéké & Alloco – l’e-book',
    'files' => 'ebook.pdf',
    'success_url' => "$own/thanks",
    'expires' => (string) (time() + 3600),
], $secret);
$inputs = '';
foreach ($fields as $name => $value) {
    $inputs .= '<input type="hidden" name="' . $name . '" value="' . htmlspecialchars($value) . '">';
}
show("<h1>1 500 FCFA</h1>
<form method=\"post\" action=\"$address/pay/cinetpay\">$inputs<button>Pay</button></form>");
