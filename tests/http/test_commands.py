"""The programs as an operator starts them: what they say, and how they end."""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from case import Case, browser
from servers import Server, wait_until

config_error = 78  # EX_CONFIG

old_gateways = ("mtn_momo", "airtel_money", "flutterwave")

mistaken = """\
[server]
public_url = "no url"
threads = 0
[databse]
name = "x"
[gateway.cinetpay]
api_key = "not-to-be-shown"
"""


class ConfigurationTest(Case):
    def test_every_mistake_is_named_with_its_line_and_ends_both_programs(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(mistaken)
            file.flush()
            binaries = self.stack.binaries
            for program in (
                [binaries / "cli/tollgate", "check-config"],
                [binaries / "fcgi/tollgate.fcgi"],
            ):
                done = subprocess.run(
                    [*program, "--config", file.name], capture_output=True, text=True, timeout=60
                )
                self.assertEqual(done.returncode, config_error)
                for place in (":2: `server.public_url`", ":3: `server.threads`", ":4: [databse]"):
                    self.assertIn(file.name + place, done.stderr)
                self.assertIn("`CINETPAY_SECRET`", done.stderr)
                self.assertNotIn("not-to-be-shown", done.stderr)

    def test_the_configuration_of_the_stack_is_good(self) -> None:
        self.assertIn("good", self.stack.command("check-config").stdout)

    def test_a_database_that_is_away_is_an_error_of_the_command(self) -> None:
        self.stack.database.stop()
        self.addCleanup(self.stack.database.start)
        done = self.stack.command("migrate", expect=1)
        self.assertIn("tollgate: ", done.stderr)


class MigrateTest(Case):
    def test_a_second_time_does_nothing(self) -> None:
        self.assertIn("nothing to do", self.stack.command("migrate").stdout)

    def test_a_newer_database_is_refused_and_not_served(self) -> None:
        self.stack.database.query(
            "INSERT INTO tollgate_migrations (number, name, digest, applied_at)"
            " VALUES (9999, '9999_later', REPEAT('x', 32), UTC_TIMESTAMP(6))"
        )
        self.addCleanup(
            self.stack.database.query, "DELETE FROM tollgate_migrations WHERE number = 9999"
        )
        self.assertIn("newer", self.stack.command("migrate", expect=1).stderr)
        self.assertEqual(browser.request("GET", self.stack.url + "/readyz").status, 503)


class KeysTest(Case):
    def test_a_key_works_until_it_is_revoked(self) -> None:
        payment = self.buy()
        path = f"/api/v1/payments/{payment.id}/"
        key = self.stack.add_key("main", "till")
        self.assertEqual(self.stack.api("GET", path, key=key).status, 200)
        self.assertIn("till merchant=main", self.stack.command("keys", "list").stdout)
        self.assertNotIn(key, self.stack.command("keys", "list").stdout)
        self.stack.command("keys", "revoke", "--name", "till")
        self.assertEqual(self.stack.api("GET", path, key=key).status, 401)
        self.stack.command("keys", "revoke", "--name", "till", expect=1)

    def test_only_a_digest_is_stored(self) -> None:
        key = self.stack.add_key("main", "secret")
        rows = self.stack.database.query("SELECT * FROM tollgate_api_keys WHERE name = 'secret'")
        self.assertNotIn(key.encode(), b"".join(str(row).encode() for row in rows))


class EnvironmentTest(Case):
    """The variables that a CinetPay shop already has suffice, without a file."""

    def test_a_purchase_without_a_file(self) -> None:
        stack = self.stack
        cinetpay = stack.cinetpay
        address = urlsplit(stack.url)
        public = f"{address.scheme}://{address.netloc}"
        environment = {
            "PATH": os.environ["PATH"],
            "TOLLGATE_LISTEN": str(stack.directory / "tollgate.sock"),
            "TOLLGATE_PROFILE": "django_store",
            "TOLLGATE_DOWNLOADS": str(stack.downloads),
            "DATABASE_URL": stack.database.url,
            "CINETPAY_API_URL": f"{stack.twins_url}/cinetpay",
            "CINETPAY_API_KEY": cinetpay["api_key"],
            "CINETPAY_SITE_ID": cinetpay["site_id"],
            "CINETPAY_SECRET": cinetpay["secret"],
            "CINETPAY_NOTIFY_URL": f"{public}/payment/callback/",
            "CINETPAY_RETURN_URL": f"{public}/payment/return/",
        }
        stack.tollgate.stop()
        self.addCleanup(stack.tollgate.start)
        server = Server(
            "tollgate.fcgi without a file",
            [stack.binaries / "fcgi/tollgate.fcgi"],
            stack.logs / "environment.log",
            lambda: browser.request("GET", f"{stack.url}/readyz").status == 200,
            environment=environment,
        )
        server.start()
        self.addCleanup(server.stop)
        payment = self.buy()
        self.assertTrue(payment.return_url.startswith(f"{public}/payment/return/?t="))
        self.assertEqual([answer["status"] for answer in self.decide(payment, "approve")], [200])
        [link] = self.download_links(self.return_page(payment))
        self.assertEqual(
            self.download(link).body, Path(stack.downloads / "ebook.pdf").read_bytes()
        )
        self.assertEqual(self.shop_row(payment)["status"], "paid")


class SpawnedCase(Case):
    """Started by a spawner or a web server: the listening socket is file descriptor 0."""

    def spawn(
        self, *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """tollgate.fcgi, ready, in the place of the stack's own for the rest of the test."""
        stack = self.stack
        stack.tollgate.stop()
        self.addCleanup(stack.tollgate.start)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        path = stack.directory / "tollgate.sock"
        listener.bind(str(path))
        self.addCleanup(path.unlink)
        path.chmod(0o666)
        listener.listen(64)
        program = [stack.binaries / "fcgi/tollgate.fcgi", *arguments]
        with (stack.logs / "spawned.log").open("ab") as log:
            process = subprocess.Popen(program, stdin=listener, stderr=log, env=environment)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(self._is_ready, 60, "tollgate.fcgi on its inherited socket")
        return process

    def _is_ready(self) -> bool:
        return browser.request("GET", self.stack.url + "/readyz").status == 200


class InheritedSocketTest(SpawnedCase):
    def test_it_serves_the_socket_it_was_given_and_leaves_it_there(self) -> None:
        stack = self.stack
        configuration = stack.directory / "inherited.toml"
        lines = stack.configuration.read_text().splitlines()
        configuration.write_text("\n".join(line for line in lines if "listen" not in line))
        process = self.spawn("--config", configuration)
        self.assertEqual(self.open(self.new_order()).status, 201)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        self.assertTrue((stack.directory / "tollgate.sock").is_socket())


class OldShopTest(SpawnedCase):
    """The variables that a shop has had for its three gateways are all that there is."""

    def test_in_production_they_are_a_good_configuration(self) -> None:
        done = subprocess.run(
            [self.stack.binaries / "cli/tollgate", "check-config"],
            env=self._environment("production"),
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_in_the_sandbox_a_payment_with_each(self) -> None:
        addresses = {
            f"{name.upper()}_API_URL": self.stack.gateways[name]["settings"]["api_url"]
            for name in old_gateways
        }
        self.spawn(environment=self._environment("sandbox") | addresses)
        for name in old_gateways:
            with self.subTest(name):
                self.gateway = name
                about = self.stack.gateways[name]
                payment = self.buy(
                    gateway=name,
                    amount=about["amount"],
                    currency=about["currency"],
                    customer={"email": "awa@example.com", "phone": about["phone"]},
                    files=[],
                )
                self.assertTrue(payment.return_url.startswith(f"{self.stack.url}/return/{name}?"))
                self.decide(payment, "approve")
                self.wait_for_status(payment, "paid")

    def _environment(self, name: str) -> dict[str, str]:
        momo, airtel, flutterwave = (
            self.stack.gateways[gateway]["settings"] for gateway in old_gateways
        )
        return {
            "PATH": os.environ["PATH"],
            "PAYMENT_ENVIRONMENT": name,
            "SITE_URL": self.stack.url,
            "DATABASE_URL": self.stack.database.url,
            "MTN_MOMO_API_KEY": momo["api_key"],
            "MTN_MOMO_API_SECRET": momo["api_secret"],
            "MTN_MOMO_SUBSCRIPTION_KEY": momo["subscription_key"],
            "AIRTEL_MONEY_CLIENT_ID": airtel["client_id"],
            "AIRTEL_MONEY_CLIENT_SECRET": airtel["client_secret"],
            "FLUTTERWAVE_PUBLIC_KEY": "FLWPUBK_TEST-sandbox-X",
            "FLUTTERWAVE_SECRET_KEY": flutterwave["secret_key"],
            "FLUTTERWAVE_SECRET_HASH": flutterwave["secret_hash"],
        }
