"""The same download links behind every server that can deliver them, and the same folder as plain
nginx serves it: what all of them answer can be compared request by request.

Each of `urls` is the base of the links at one of them:
    x_accel     the stack's own nginx, X-Accel-Redirect
    stream      nginx, the bytes sent by Tollgate
    x_sendfile  Apache with mod_proxy_fcgi and mod_xsendfile
    plain       nginx, the folder itself: no Tollgate, no links
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from servers import Port, Server, StackError
from stack import Stack

modules = Path("/usr/lib/apache2/modules")

_apache = """\
ServerRoot {directory}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile apache.pid
ErrorLog logs/apache.log
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_fcgi_module {modules}/mod_proxy_fcgi.so
LoadModule env_module {modules}/mod_env.so
LoadModule xsendfile_module {modules}/mod_xsendfile.so
ProxyPass / unix:{listen}|fcgi://tollgate/
<Location /download/>
    XSendFile on
    XSendFilePath {files}
    MaxRanges 1
    SetEnv ap_trust_cgilike_cl 1
</Location>
"""

_nginx = """\
daemon off;
{user}
worker_processes 1;
pid nginx-plain.pid;
error_log logs/nginx-plain.log;
events {{
    worker_connections 256;
}}
http {{
    access_log off;
    client_body_temp_path temporary_body;
    proxy_temp_path temporary_proxy;
    fastcgi_temp_path temporary_fastcgi;
    scgi_temp_path temporary_scgi;
    uwsgi_temp_path temporary_uwsgi;
    types {{
        video/mp4 mp4;
        text/plain txt;
    }}
    charset utf-8;
    max_ranges 100;
    server {{
        listen 127.0.0.1:{plain};
        root {files};
    }}
    server {{
        listen 127.0.0.1:{stream};
        location / {{
            include fastcgi_tollgate.conf;
            fastcgi_pass unix:{listen};
        }}
    }}
}}
"""


class DownloadServers:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._ports = {name: Port() for name in ("stream", "x_sendfile", "plain")}
        self.urls = {"x_accel": stack.url}
        self.urls |= {name: port.url for name, port in self._ports.items()}
        self._servers: list[Server] = []

    def start(self) -> None:
        streaming = self._tollgate("stream")
        sending = self._tollgate("x-sendfile")
        as_root = os.getuid() == 0
        places = {"directory": self._stack.directory, "files": self._stack.downloads}
        nginx = self._stack.directory / "nginx-plain.conf"
        nginx.write_text(
            _nginx.format(
                user="user root;" if as_root else "",
                plain=self._ports["plain"].number,
                stream=self._ports["stream"].number,
                listen=streaming,
                **places,
            )
        )
        apache = self._stack.directory / "apache.conf"
        apache.write_text(
            _apache.format(
                user="User www-data\nGroup www-data" if as_root else "",
                modules=modules,
                port=self._ports["x_sendfile"].number,
                listen=sending,
                **places,
            )
        )
        log = str(self._stack.logs / "nginx-plain.log")
        self._add(
            "nginx-plain",
            ["nginx", "-p", f"{self._stack.directory}/", "-c", nginx, "-e", log],
            self._ports["plain"].accepts,
        )
        self._add(
            "apache",
            ["apache2", "-d", self._stack.directory, "-f", apache, "-D", "FOREGROUND"],
            self._ports["x_sendfile"].accepts,
        )

    def stop(self) -> None:
        try:
            for server in reversed(self._servers):
                server.stop()
        finally:
            for port in self._ports.values():
                port.close()

    def at(self, name: str, link: str) -> str:
        """The link there."""
        return link.replace(self._stack.url, self.urls[name])

    def _tollgate(self, delivery: str) -> Path:
        """A process of its own beside the stack's, which differs only in how it delivers."""
        listen = self._stack.directory / f"{delivery}.sock"
        configuration = self._stack.directory / f"{delivery}.toml"
        configuration.touch(mode=0o600)
        text = self._stack.configuration.read_text()
        for old, new in (
            ('delivery = "x-accel"', f'delivery = "{delivery}"'),
            (str(self._stack.configuration.with_suffix(".sock")), str(listen)),
        ):
            if text.count(old) != 1:
                raise StackError(f"tollgate.toml: '{old}' does not stand there once")
            text = text.replace(old, new)
        configuration.write_text(text)
        self._add(
            f"tollgate-{delivery}",
            [self._stack.binaries / "fcgi/tollgate.fcgi"],
            listen.exists,
            {"TOLLGATE_CONFIG": str(configuration)},
        )
        return listen

    def _add(
        self,
        name: str,
        command: Sequence[str | Path],
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        server = Server(
            name,
            command,
            self._stack.logs / f"{name}.log",
            ready,
            environment=self._stack.tollgate.environment | dict(environment or {}),
            dies_by="TERM",
        )
        server.start()
        self._servers.append(server)
