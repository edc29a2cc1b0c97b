"""A server's configuration: a file or a folder, with placeholders."""

import os
import shutil
import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki._programs.placeholders import Placeholders
from mockpki.scenarios.servers import ServerCommand, is_like
from mockpki.scenarios.servers._run import run
from mockpki.scenarios.servers._template import Template
from mockpki.staplers import NotListening
from tests.kit.programs import need
from tests.kit.server_scripts import ARGUMENTS, PLAIN, command

NAMES = Placeholders(("host", "port", "config"))
VALUES = {"host": "127.0.0.1", "port": "8443"}
AT_ONCE = timedelta(milliseconds=50)


def fill_in(path: Path, folder: Path) -> Path:
    """*path* as it is filled in."""
    folder.mkdir(exist_ok=True)
    return Path(Template(path, NAMES).write(folder, VALUES)["config"])


class TestTrees:
    def test_every_file(self, tmp_path: Path) -> None:
        """Placeholders are filled in in every file, its own path leads to the copy, and octets stay."""
        site, out = tmp_path / "site", tmp_path / "out"
        (site / "conf.d" / "deep").mkdir(parents=True)
        (site / "main.conf").write_text(
            f"include {site}/conf.d/*;\nsee {site}s/other {{config}}\n", encoding="utf-8"
        )
        (site / "conf.d" / "deep" / "listen").write_text(
            "{host}:{port}\r\n{uri} {{port}} {{block}}", newline=""
        )
        (site / "logo").write_bytes(b"\xff{port}")
        (site / "run").write_text("#!/bin/sh\necho {port}\n", encoding="utf-8")
        (site / "run").chmod(0o750)
        (site / "enabled").symlink_to(site / "conf.d")
        (site / "conf.d" / "up").symlink_to(site)
        (site / "gone").symlink_to(site / "nowhere")
        config = fill_in(site, out)
        found = {str(file.relative_to(config)) for file in config.rglob("*") if file.is_file()}
        assert found == {"main.conf", "conf.d/deep/listen", "enabled/deep/listen", "logo", "run"}
        assert (config / "main.conf").read_text("utf-8") == (
            f"include {config}/conf.d/*;\nsee {site}s/other {config}\n"
        )
        assert (config / "enabled/deep/listen").read_bytes() == b"127.0.0.1:8443\r\n{uri} {port} {{block}}"
        assert (config / "logo").read_bytes() == b"\xff{port}"
        assert os.access(config / "run", os.X_OK)
        (config / "left").touch()
        assert fill_in(site, out) == config
        assert not (config / "left").exists()

    def test_a_file(self, tmp_path: Path) -> None:
        """A file keeps its name, and only names that there are count."""
        path = tmp_path / "Caddyfile.conf"
        path.write_text("{ {$HOME} {http.request.uri} {port} {{host}} {{http}} }", encoding="utf-8")
        config = fill_in(path, tmp_path / "out")
        assert config.name == "Caddyfile.conf"
        assert config.read_text("utf-8") == "{ {$HOME} {http.request.uri} 8443 {host} {{http}} }"

    def test_what_is_none(self, tmp_path: Path) -> None:
        """What is not there, is empty, or no text at all is an error that names it."""
        (tmp_path / "empty").mkdir()
        (tmp_path / "octets").write_bytes(b"\xff")
        for name, words in (
            ("nowhere", "there is no template"),
            ("empty", "is a folder without a file"),
            ("octets", "cannot be read: it is no text in UTF-8"),
        ):
            with pytest.raises(ValueError, match=words) as caught:
                Template(tmp_path / name, NAMES)
            assert str(tmp_path / name) in str(caught.value)


class TestServers:
    def test_a_tree_names_and_a_port(self, tmp_path: Path, own_port: int) -> None:
        """A server is started from a folder, at its own port, under its name, one scenario after another."""
        port = own_port
        site = tmp_path / "site"
        (site / "keys").mkdir(parents=True)
        (site / "server.py").write_text(PLAIN, encoding="utf-8")
        (site / "keys" / "paths").write_text("{chain_file}\n{key_file}\n{server_name}", encoding="utf-8")
        (site / "start").write_text(
            f"import sys\nchain, key, name = open('{site}/keys/paths').read().split()\n"
            f"assert name == 'www.example.org', name\nsys.argv = ['', '127.0.0.1', '{port}', chain, key]\n"
            f"exec(open('{site}/server.py').read())\n",
            encoding="utf-8",
        )
        world = ServerCommand(
            [sys.executable, "{config}/start"], site, grace=AT_ONCE, server_name="www.example.org", port=port
        )
        outcome = run("good", world)
        assert outcome.words == "none none none"
        assert not outcome.no_start
        assert run("revoked", world).words == "none none"
        taken = pytest.raises(NotListening, match=f"something else listens on port {port} already")
        with socket.create_server(("127.0.0.1", port)), taken:
            run("good", world)

    def test_it_has_another_port(self, tmp_path: Path) -> None:
        """Where it does not listen at the port that was given, this is all that is told."""
        world = command("raise SystemExit(1)", port=1, start_timeout=timedelta(seconds=5))
        with pytest.raises(NotListening, match="ended with 1 before it listened on port 1") as caught:
            run("good", world)
        assert "Nothing tells it where to listen" not in str(caught.value)
        assert run("good", command(PLAIN, *ARGUMENTS)).words == "none none none"

    @pytest.mark.parametrize("name", ["", "*.example.org"])
    def test_no_name(self, name: str) -> None:
        """A name that nobody asks for is an error."""
        with pytest.raises(
            ValueError, match="server_name= takes a name that a client can ask for, such as 'localhost'; got "
        ):
            ServerCommand("serve {port}", server_name=name)


SITE = """
server {
	listen {host}:{port} ssl default_server;
	server_name {server_name};
	ssl_certificate {chain_file};
	ssl_certificate_key {key_file};
	ssl_stapling on;
	ssl_stapling_verify on;
	ssl_trusted_certificate {ca_file};
	root /var/www/html;
	location / {
		try_files $uri $uri/ =404;
	}
}
"""


@pytest.mark.skipif(os.getuid() != 0, reason="Debian's nginx.conf has its files where only root may write")
def test_nginx_as_debian_installs_it(tmp_path: Path) -> None:
    """/etc/nginx as it is installed, with one site of one's own, by README's line."""
    program, installed = need("nginx"), Path("/etc/nginx")
    if not (installed / "sites-enabled").is_dir():
        pytest.skip("nginx is not Debian's")
    site = tmp_path / "site"
    shutil.copytree(installed, site)
    shutil.rmtree(site / "sites-enabled")
    (site / "sites-enabled").mkdir()
    (site / "sites-enabled" / "mine").write_text(SITE, encoding="utf-8")
    main = site / "nginx.conf"
    main.write_text(main.read_text(encoding="utf-8").replace("/etc/nginx", "{config}"), encoding="utf-8")
    line = f"{program} -e stderr -g 'daemon off;' -c {{config}}/nginx.conf"
    outcome = run(
        "must-staple-down", ServerCommand(line, site, "nginx", grace=AT_ONCE, server_name="www.example.org")
    )
    assert is_like(outcome, "nginx"), outcome


CADDYFILE = """{
	admin off
	auto_https off
	skip_install_trust
	storage file_system {directory}
}
(answer) {
	header X-Asked {{host}}
	respond "{http.request.host} {uri} {$NOWHERE:none}" 200
}
https://{server_name}:{port} {
	bind {host}
	tls {chain_file} {key_file}
	import answer
}
"""


def test_a_caddyfile_with_its_own_braces(tmp_path: Path) -> None:
    """Caddy's placeholders need no care, but for those that are called as ours."""
    template = tmp_path / "Caddyfile"
    template.write_text(CADDYFILE, encoding="utf-8")
    line = f"env HOME={{directory}} {need('caddy')} run --adapter caddyfile --config {{config}}"
    world = ServerCommand(line, template, "caddy", grace=AT_ONCE, start_timeout=timedelta(seconds=20))
    outcome = run("good", world)
    assert is_like(outcome, "caddy"), outcome
