<?php
// A bought file: its grant is counted, nginx sends it.
declare(strict_types=1);

require __DIR__ . '/shop.php';

function is_resumed(): bool
{
    return preg_match('/^bytes=0*[1-9][0-9]*-/', $_SERVER['HTTP_RANGE'] ?? '') === 1;
}

/** The file when the grant allows one more use, or the resumption of one that has begun. */
function use_grant(PDO $database, string $digest): ?string
{
    $now = now();
    $grant = run($database, 'SELECT file, use_ends_at, expires_at FROM tollgate_grants
        WHERE token_digest = ? AND revoked_at IS NULL', [$digest])->fetch();
    if ($grant === false || $grant['expires_at'] <= $now) {
        return null;
    }
    if (is_resumed() && $grant['use_ends_at'] > $now) {
        return $grant['file'];
    }
    // The condition counts; what was read before may have changed meanwhile.
    $counted = run($database, 'UPDATE tollgate_grants SET uses = uses + 1,
            use_ends_at = DATE_ADD(?, INTERVAL 1 HOUR)
        WHERE token_digest = ? AND revoked_at IS NULL AND uses < uses_max', [$now, $digest]);
    return $counted->rowCount() === 1 ? $grant['file'] : null;
}

function deliver(): void
{
    $token = basename(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
    $file = strlen($token) === 32 ? use_grant(database(), hash('sha256', $token, true)) : null;
    if ($file === null) {
        answer(404, "unknown or used up\n");
        return;
    }
    header('X-Accel-Redirect: /protected/' . rawurlencode($file));
    header('Content-Type: application/octet-stream');
    header('Content-Disposition: attachment; filename="' . addslashes($file) . '"');
    header('Cache-Control: private, no-store');
}

deliver();
