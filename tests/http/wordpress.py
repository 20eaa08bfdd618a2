"""A private WordPress shop beside a stack: Debian's WordPress with WooCommerce, and what we give to
shops of this kind, as a merchant would install it. Its tables are in the stack's database.

WooCommerce is in no package of Debian. TOLLGATE_WOOCOMMERCE_ZIP=woocommerce.7.8.2.zip names a
release of it that runs on Debian's WordPress 6.1 (7.8 to 8.1), or on another one in the directory
TOLLGATE_WORDPRESS. Without it a stand-in of ours (wordpress_files/stand_in) takes its place, which has
WooCommerce's tables and calls but does nothing of its own with an order.
"""

import json
import os
import secrets
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import browser
from servers import Port, Server, StackError
from stack import Stack, root

source = Path(os.environ.get("TOLLGATE_WORDPRESS", "/usr/share/wordpress"))
woocommerce_zip = os.environ.get("TOLLGATE_WOOCOMMERCE_ZIP", "")
how_to_get_woocommerce = (
    "needs WooCommerce itself: TOLLGATE_WOOCOMMERCE_ZIP=/path/woocommerce.7.8.2.zip "
    "(https://downloads.wordpress.org/plugin/woocommerce.7.8.2.zip)"
)
result_secret = secrets.token_hex(32)
table_prefix = "shop7_"  # not WordPress's default, so that none of ours relies on it
_here = Path(__file__).resolve().parent / "wordpress_files"
_storefront = root / "storefronts/woocommerce"

_configuration = """<?php
define( 'DB_NAME', getenv( 'SHOP_DB_NAME' ) );
define( 'DB_USER', getenv( 'SHOP_DB_USER' ) );
define( 'DB_PASSWORD', getenv( 'SHOP_DB_PASSWORD' ) );
define( 'DB_HOST', 'localhost:' . getenv( 'SHOP_DB_SOCKET' ) );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_SITEURL', getenv( 'SHOP_URL' ) );
define( 'WP_HOME', getenv( 'SHOP_URL' ) );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', getenv( 'SHOP_LOG' ) );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {
	define( $name . '_KEY', getenv( 'SHOP_SALT' ) . $name );
	define( $name . '_SALT', getenv( 'SHOP_SALT' ) . $name . 'salt' );
}
$table_prefix = getenv( 'SHOP_PREFIX' );
defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
"""


class WordPress:
    """`port` is the shop's; with `hpos` its orders are in tables of their own, otherwise posts.

    Threads: one, as of the stack."""

    def __init__(self, stack: Stack, port: Port, *, hpos: bool, gateway: str) -> None:
        self.url = port.url
        self._hpos = hpos
        self._gateway = gateway
        self._stack = stack
        self._directory = stack.directory / "wordpress"
        database = stack.database
        self.log = stack.logs / "wordpress.log"
        ours = os.environ.items()
        self.environment = {name: value for name, value in ours if "proxy" not in name}
        self.environment |= {
            "SHOP_DB_NAME": database.name_of_database,
            "SHOP_DB_USER": database.user,
            "SHOP_DB_PASSWORD": database.password,
            "SHOP_DB_SOCKET": str(database.socket),
            "SHOP_URL": self.url,
            "SHOP_LOG": str(self.log),
            "SHOP_SALT": secrets.token_hex(16),
            "SHOP_PREFIX": table_prefix,
            "PHP_CLI_SERVER_WORKERS": "3",  # the checkout asks Tollgate, whose events come here
        }
        self._server = Server(
            "wordpress",
            ["php", *_php_options, "-S", f"127.0.0.1:{port.number}", "-t", self._directory],
            stack.logs / "php.log",
            port.accepts,
            environment=self.environment,
            dies_by="TERM",
        )

    def start(self) -> None:
        self._copy_files()
        self._php("install.php")
        self._php("set_up.php", {
            "hpos": self._hpos,
            "settings": {
                "enabled": "yes",
                "title": "Mobile money",
                "url": self._stack.url,
                "key": self._stack.key,
                "gateway": self._gateway,
                "result_secret": result_secret,
                "events_secret": self._stack.events_secret,
            },
        })  # fmt: skip
        self._server.start()

    def stop(self) -> None:
        self._server.kill()  # PHP's server ends with 130 or so when it is asked to

    def do(self, what: str, **arguments: Any) -> Any:
        """Runs one of the functions of wordpress_files/steps.php inside WordPress."""
        return self._php("steps.php", {"do": what, **arguments})

    def start_doing(self, what: str, **arguments: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self._command("steps.php", {"do": what, **arguments}),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def get(self, url: str, **headers: str) -> browser.Answer:
        return browser.request("GET", url, headers=headers)

    def log_text(self) -> str:
        """PHP's log and ours in WooCommerce, without what PHP 8.2 thinks of older code."""
        files = [self.log, *self._directory.glob("wp-content/uploads/wc-logs/tollgate*.log")]
        lines = "".join(file.read_text(errors="replace") for file in files if file.exists())
        return "\n".join(line for line in lines.splitlines() if "PHP Deprecated" not in line)

    def _copy_files(self) -> None:
        if not source.is_dir():
            raise StackError("WordPress is missing: sandbox/install tests")
        shutil.copytree(source, self._directory, ignore=shutil.ignore_patterns("wp-config.php"))
        (self._directory / "wp-config.php").write_text(_configuration)
        content = self._directory / "wp-content"
        shutil.copytree(_here / "theme", content / "themes/plain")
        plugins = content / "plugins"
        if woocommerce_zip:
            with zipfile.ZipFile(woocommerce_zip) as archive:
                archive.extractall(plugins)
        else:
            shutil.copytree(_here / "stand_in", plugins / "woocommerce")
        shutil.copytree(_storefront / "tollgate", plugins / "tollgate")
        shutil.copytree(_storefront / "mu-plugins", content / "mu-plugins")
        shutil.copy(_here / "recorder.php", content / "mu-plugins")

    def _command(self, script: str, arguments: Any) -> list[str]:
        options = [*_php_options, str(_here / script), str(self._directory)]
        return ["php", *options, json.dumps(arguments)]

    def _php(self, script: str, arguments: Any = None) -> Any:
        done = subprocess.run(
            self._command(script, arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            raise StackError(f"{script} {arguments}\n{done.stdout}{done.stderr}\n{self.log_text()}")
        answer = done.stdout.rpartition("\n")[2]
        return json.loads(answer) if answer else None


_php_options = ("-d", "memory_limit=512M", "-d", "display_errors=0", "-d", "log_errors=1")
