"""A whole private Tollgate on loopback, in a directory that lives as long as the stack:
MariaDB, a shop's tables, tollgate.fcgi, the gateways' twins, the demo shop, and nginx with the very
configuration that merchants get.

    with Stack("release") as stack:
        stack.api("POST", "/api/v1/payments/", {...})
"""

import atexit
import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import browser
import ebook
from galera import Cluster
from servers import Database, Port, Server, StackError

root = Path(__file__).resolve().parent.parent
# Every gateway that exists, in the order of the registry.
gateway_names: list[str] = re.findall(
    r"^TOLLGATE_GATEWAY\((\w+)\)", (root / "core/gateways/registry.def").read_text(), re.MULTILINE
)
_own_settings = re.compile(
    rf"({'|'.join(['tollgate', *gateway_names])})_"
    r"|DATABASE_URL$|PAYMENT_ENVIRONMENT$|SITE_URL$|(https?|all)_proxy$",
    re.IGNORECASE,
)


class Stack:
    """Threads: one; servers are started by the main thread only (see servers.py)."""

    cinetpay = {
        "api_key": "sandbox-api-key",
        "site_id": "445160",
        "secret": "cinetpay-test-secret",
    }

    def __init__(
        self,
        preset: str,
        *,
        shop: bool = True,
        gateways: Sequence[str] = gateway_names,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        twin_settings: Sequence[str] = (),
        database_options: Sequence[str] = (),
        nodes: int = 1,
        processes: int = 1,
    ) -> None:
        """`gateways` are configured, all of them unless said otherwise; `settings` go over the
        generated tollgate.toml: {"downloads": {"uses_max": 2}}; `twin_settings` are the twins':
        ["cinetpay.site_id=7"];
        `database_options` over MariaDB's: ["--innodb-buffer-pool-size=128M"].

        With several `nodes` the database is a Galera cluster, and `database` its last node. With
        several `processes` nginx spreads requests over them; `urls` lead to each alone. The first
        process prefers the first node, the second the second, and goes on to the next ones."""
        self.binaries = root / "build" / preset
        self._with_shop = shop
        self._gateways = gateways
        self._twin_settings = [
            argument for setting in twin_settings for argument in ("--set", setting)
        ]
        self._settings = settings or {}
        self.directory = Path(tempfile.mkdtemp(prefix="tollgate-"))
        self.directory.chmod(0o755)
        atexit.register(self._stop_quietly)
        self.logs = self.directory / "logs"
        self.downloads = self.directory / "downloads"
        self._configurations = [
            self.directory / f"tollgate{_suffix(number)}.toml" for number in range(processes)
        ]
        self.configuration = self._configurations[0]
        self._listens = [path.with_suffix(".sock") for path in self._configurations]
        self._twins_listen = self.directory / "twins.sock"
        self._port, self._twins_port = Port(), Port()
        self._shop_port, self._shop_backend = Port(), Port()
        self._process_ports = [Port() for _ in range(processes)]
        self.url = self._port.url
        self.urls = [port.url for port in self._process_ports]
        self.twins_url = self._twins_port.url
        self.shop_url = self._shop_port.url
        self._links_key = secrets.token_hex(32)
        self.key = ""
        self.events_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.gateways: dict[str, Any] = {}
        self.logs.mkdir()
        self.cluster: Cluster | None = None
        if nodes > 1:
            self.cluster = Cluster(self.directory, self.logs, nodes, database_options)
            self.database: Database = self.cluster.nodes[-1]
        else:
            self.database = Database(
                self.directory / "mariadb", self.logs / "mariadb.log", database_options
            )
        self.nginx = self._nginx()
        self.twins = self._twins()
        self.tollgates = [self._tollgate(number) for number in range(processes)]
        self.tollgate = self.tollgates[0]
        self.shop: Server | None = None

    def __enter__(self) -> "Stack":
        try:
            self.start()
        except BaseException:
            self._stop_quietly()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            self._stop_quietly()

    def start(self) -> None:
        self.gateways = self._describe_twins()
        self.downloads.mkdir()
        (self.downloads / "ebook.pdf").write_bytes(ebook.pdf())
        self._write_nginx_configuration()
        for number in range(len(self.tollgates)):
            self._write_configuration(number)
        (self.cluster or self.database).create()
        self.database.run_script(root / "sandbox/shop_tables.sql")
        self.command("migrate")
        self.key = self.add_key("main", "shop")
        for server in (self.nginx, self.twins, *self.tollgates):
            server.start()
        if self._with_shop:
            self.shop = self._demo_shop()
            self.shop.start()

    def stop(self) -> None:
        """Stops everything and removes the directory, whatever happens; then raises it."""
        problems = []
        for server in self._servers():
            try:
                server.stop()
            except StackError as error:
                problems.append(str(error))
        if self.cluster:
            self.cluster.close()
        else:
            self.database.port.close()
        shop_ports = (self._shop_port, self._shop_backend)
        for port in (self._port, self._twins_port, *shop_ports, *self._process_ports):
            port.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        atexit.unregister(self._stop_quietly)
        if problems:
            raise StackError("\n\n".join(problems))

    def ended(self) -> Server | None:
        """A server that ended by itself."""
        return next((server for server in self._servers() if not server.running), None)

    def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
        more_headers: Mapping[str, str] | None = None,
    ) -> browser.Answer:
        """A request of the shop's server; without `key` it is the key of the merchant `main`."""
        headers = {"authorization": f"Bearer {self.key if key is None else key}"}
        headers |= more_headers or {}
        if body is None:
            return browser.request(method, self.url + path, headers=headers)
        headers["content-type"] = "application/json"
        return browser.request(method, self.url + path, json.dumps(body).encode(), headers)

    def twin(self, path: str, body: Any = None) -> browser.Answer:
        """A request to the twins: their control, or what a gateway's customer does."""
        if body is None:
            return browser.request("GET", self.twins_url + path)
        headers = {"content-type": "application/json"}
        return browser.request("POST", self.twins_url + path, json.dumps(body).encode(), headers)

    def command(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Runs the command line program; raises when it does not end with the code `expect`."""
        done = subprocess.run(
            [self.binaries / "cli/tollgate", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        if expect is not None and done.returncode != expect:
            raise StackError(
                f"tollgate {' '.join(arguments)} ended with {done.returncode}\n"
                f"{done.stdout}{done.stderr}"
            )
        return done

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts the command line program, for one that takes its time; the caller ends it."""
        return subprocess.Popen(
            [self.binaries / "cli/tollgate", *arguments],
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def add_key(self, merchant: str, name: str) -> str:
        made = self.command("keys", "add", "--merchant", merchant, "--name", name)
        return made.stdout.strip()

    def _servers(self) -> list[Server]:
        """In the order in which they are stopped."""
        shop = [self.shop] if self.shop else []
        databases = reversed(self.cluster.nodes) if self.cluster else [self.database]
        return [*shop, *self.tollgates, self.twins, self.nginx, *databases]

    def _stop_quietly(self) -> None:
        try:
            self.stop()
        except StackError:
            pass  # what went wrong first is being raised

    def _environment(self, process: int = 0) -> dict[str, str]:
        """Ours, without settings that would reach Tollgate past its file, and without proxies."""
        kept = {name: value for name, value in os.environ.items() if not _own_settings.match(name)}
        kept.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        return kept | {"TOLLGATE_CONFIG": str(self._configurations[process])}

    def _tollgate(self, process: int) -> Server:
        return Server(
            f"tollgate.fcgi{_suffix(process)}",
            [self.binaries / "fcgi/tollgate.fcgi"],
            self.logs / f"tollgate{_suffix(process)}.log",
            lambda: browser.request("GET", f"{self.urls[process]}/readyz").status == 200,
            environment=self._environment(process),
        )

    def _twins(self) -> Server:
        return Server(
            "tollgate-twins",
            [self.binaries / "sandbox/tollgate-twins",
             "--listen", self._twins_listen, *self._twin_options()],
            self.logs / "twins.log",
            lambda: self.twin("/cinetpay/twin/transactions").status == 200,
            environment=self._environment(),
        )  # fmt: skip

    def _twin_options(self) -> list[str]:
        urls = ["--public-url", self.twins_url, "--notify-base", f"{self.url}/notify"]
        return [*urls, *self._twin_settings]

    def _describe_twins(self) -> dict[str, Any]:
        """By gateway: what it can do, what Tollgate is told of its twin, an order that it takes."""
        command = [self.binaries / "sandbox/tollgate-twins", *self._twin_options(), "--describe"]
        done = subprocess.run(
            command, env=self._environment(), capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise StackError(f"tollgate-twins --describe\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def _demo_shop(self) -> Server:
        environment = self._environment() | {
            "SHOP_LISTEN": str(self._shop_backend.number),
            "SHOP_DATABASE_SOCKET": str(self.database.socket),
            "SHOP_DATABASE_NAME": self.database.name_of_database,
            "SHOP_DATABASE_USER": self.database.user,
            "SHOP_DATABASE_PASSWORD": self.database.password,
            "SHOP_TOLLGATE_URL": self.url,
            "SHOP_TOLLGATE_KEY": self.key,
            "SHOP_EVENTS_SECRET": self.events_secret,
            "SHOP_METHODS": json.dumps([self._method(name) for name in self._gateways]),
        }
        return Server(
            "shop",
            ["/usr/bin/python3", root / "sandbox/shop.py"],
            self.logs / "shop.log",
            lambda: browser.request("GET", self.shop_url).status == 200,
            environment=environment,
        )

    def _method(self, name: str) -> dict[str, str]:
        about = self.gateways[name]
        kept = ("title", "flow", "amount", "currency", "phone")
        return {"gateway": name} | {key: about[key] for key in kept}

    def _nginx(self) -> Server:
        return Server(
            "nginx",
            ["nginx", *self._nginx_options()],
            self.logs / "nginx.log",
            self._port.accepts,
            dies_by="TERM",  # so that its workers go with it
        )

    def _nginx_options(self) -> list[str]:
        error_log = str(self.logs / "nginx.log")
        return ["-p", f"{self.directory}/", "-c", "nginx.conf", "-e", error_log]

    def _write_nginx_configuration(self) -> None:
        nginx = root / "nginx"
        shutil.copy(nginx / "fastcgi_tollgate.conf", self.directory)
        shipped = _replaced(
            (nginx / "tollgate.conf").read_text(),
            {
                "listen 80;": f"listen 127.0.0.1:{self._port.number};",
                "    listen [::]:80;\n": "",
                "server_name pay.shop.example;": "server_name 127.0.0.1;",
                "    server unix:/run/tollgate/tollgate.sock;": "\n".join(
                    f"    server unix:{listen};" for listen in self._listens
                ),
                "/var/log/nginx/tollgate.log": f"{self.logs}/access.log",
                "alias /srv/shop/files/;": f"alias {self.downloads}/;",
                "from=/srv/shop/files;": f"from={self.downloads};",
            },
        )
        processes = [
            _nginx_process.format(port=port.number, listen=listen)
            for port, listen in zip(self._process_ports, self._listens, strict=True)
        ]
        (self.directory / "tollgate.conf").write_text("\n".join([shipped, *processes]))
        (self.directory / "nginx.conf").write_text(
            _nginx_main.format(
                user="user root;" if os.getuid() == 0 else "",
                directory=self.directory,
                twins_port=self._twins_port.number,
                twins_listen=self._twins_listen,
                shop_port=self._shop_port.number,
                shop_backend=self._shop_backend.number,
            )
        )
        checked = subprocess.run(
            ["nginx", "-t", "-q", *self._nginx_options()], capture_output=True, text=True
        )
        if checked.returncode != 0 or checked.stderr:
            raise StackError(f"nginx -t\n{checked.stderr}")

    def _database_place(self, process: int) -> dict[str, Any]:
        """The process's own node first, and then round."""
        if not self.cluster:
            return {"socket": str(self.database.socket)}
        nodes = self.cluster.nodes
        first = process % len(nodes)
        return {
            "hosts": [f"127.0.0.1:{node.port.number}" for node in nodes[first:] + nodes[:first]]
        }

    def _write_configuration(self, process: int) -> None:
        sections: dict[str, dict[str, Any]] = {
            "server": {
                "public_url": self.url,
                "listen": str(self._listens[process]),
                "key": self._links_key,
            },
            "database": {
                **self._database_place(process),
                "name": self.database.name_of_database,
                "user": self.database.user,
                "password": self.database.password,
            },
            "shop": {
                "name": "Tollgate demo",
                "url": f"{self.shop_url}/",
                "profile": "django_store",
            },
            "downloads": {"directory": str(self.downloads), "delivery": "x-accel"},
            "api": {"requests_per_minute": 1_000_000},  # tests are in a hurry
        }
        if self._with_shop:
            sections["events"] = {"url": f"{self.shop_url}/events", "secret": self.events_secret}
        for name in self._gateways:
            sections[f"gateway.{name}"] = dict(self.gateways[name]["settings"])
        for name, settings in self._settings.items():
            sections.setdefault(name, {}).update(settings)
        lines = []
        for name, settings in sections.items():
            # A TOML value of these types is spelled as in JSON.
            lines += [f"[{name}]", *(f"{key} = {json.dumps(settings[key])}" for key in settings)]
        file = self._configurations[process]
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n")


def _suffix(number: int) -> str:
    """Of names of which there is usually one: the first has none."""
    return f"-{number + 1}" if number else ""


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    """Each text stands exactly once, or what is tested would not be what is shipped."""
    for old, new in changes.items():
        if text.count(old) != 1:
            raise StackError(f"nginx/tollgate.conf: '{old}' does not stand there once")
        text = text.replace(old, new)
    return text


_nginx_process = """\
server {{
    listen 127.0.0.1:{port};
    location / {{
        include fastcgi_tollgate.conf;
        fastcgi_pass unix:{listen};
        error_page 502 504 =503 @try_later;
    }}
    location @try_later {{
        add_header Retry-After 1 always;
        return 503 "try later\n";
    }}
}}
"""

_nginx_main = """\
daemon off;
{user}
worker_processes 2;
pid nginx.pid;
error_log logs/nginx.log;
events {{
    worker_connections 512;
}}
http {{
    access_log off;
    client_body_temp_path temporary_body;
    proxy_temp_path temporary_proxy;
    fastcgi_temp_path temporary_fastcgi;
    scgi_temp_path temporary_scgi;
    uwsgi_temp_path temporary_uwsgi;

    include tollgate.conf;

    upstream twins {{
        server unix:{twins_listen};
        keepalive 32;
    }}
    server {{
        listen 127.0.0.1:{twins_port};
        location / {{
            include fastcgi_tollgate.conf;
            fastcgi_pass twins;
        }}
    }}

    server {{
        listen 127.0.0.1:{shop_port};
        location / {{
            proxy_pass http://127.0.0.1:{shop_backend};
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""
