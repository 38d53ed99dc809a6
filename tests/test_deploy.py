"""The recipes in deploy/: checked by the programs they are for, where those are installed, and against our own commands."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def run(*words, **more):
    return subprocess.run(
        [str(w) for w in words], capture_output=True, text=True, timeout=60, check=False, **more
    )


def program(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/bin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def certificate(folder):
    """A key and a certificate for nginx to read, made with what the product itself is built on."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gs.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "gs.pem").write_bytes(made.public_bytes(pem))
    (folder / "gs.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def test_nginx_takes_its_recipe(tmp_path):
    nginx = program("nginx")
    certificate(tmp_path)
    recipe = (DEPLOY / "nginx.conf").read_text().replace("/etc/ssl/", f"{tmp_path}/")
    (tmp_path / "nginx.conf").write_text(
        f"error_log {tmp_path}/error.log;\npid {tmp_path}/nginx.pid;\nevents {{}}\nhttp {{\n{recipe}\n}}\n"
    )
    done = run(nginx, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log")
    assert done.returncode == 0, done.stderr


def test_caddy_takes_its_recipe():
    done = run(program("caddy"), "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile")
    assert done.returncode == 0, done.stderr


def test_systemd_takes_its_unit(tmp_path):
    verify = program("systemd-analyze")
    unit = (
        (DEPLOY / "goodstanding.service")
        .read_text()
        .replace("/opt/goodstanding/bin/goodstanding", sys.executable)
    )
    (tmp_path / "goodstanding.service").write_text(unit)
    done = run(verify, "verify", tmp_path / "goodstanding.service")
    mine = [line for line in done.stderr.splitlines() if "goodstanding.service" in line]
    assert mine == [], done.stderr


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_a_proxy_keeps_the_body_the_name_and_the_visitor(name):
    text = (DEPLOY / name).read_text()
    assert "127.0.0.1:8420" in text and "/metrics" in text
    if name == "nginx.conf":
        assert "proxy_set_header Host $host;" in text
        assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
        assert "$proxy_add_x_forwarded_for" not in text, "a visitor could pretend to be another"


def options_of(command):
    import click

    from goodstanding.cli import main

    found = main.get_command(click.Context(main), command)
    assert found is not None, command
    return {name for one in found.params for name in getattr(one, "opts", ())}


def commands():
    """Every call of our command in the recipes: (words after `goodstanding`)."""
    unit = (DEPLOY / "goodstanding.service").read_text()
    yield re.search(r"^ExecStart=\S+/goodstanding (.+)$", unit, re.MULTILINE)[1].split()
    container = (DEPLOY / "Containerfile").read_text()
    words = json.loads(re.search(r"^CMD (\[.+\])$", container, re.MULTILINE)[1])
    assert words[0] == "goodstanding"
    yield words[1:]


def test_the_commands_in_the_recipes_exist():
    for words in commands():
        assert {w for w in words if w.startswith("--")} <= options_of(words[0]), words


def test_the_container_copies_what_is_there_and_runs_as_nobody_in_particular():
    text = (DEPLOY / "Containerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name.removeprefix("./")).exists(), name
    assert re.search(r"^USER goodstanding$", text, re.MULTILINE)
    assert "--require-hashes" in text and "latest" not in text
    settings = (ROOT / "docs" / "reference" / "settings.md").read_text()
    for name in set(
        re.findall(r"GOODSTANDING_[A-Z_]+", text + (DEPLOY / "goodstanding.service").read_text())
    ):
        assert name in settings, name


def test_the_recipes_in_the_guide_are_the_recipes():
    """The guide shows the files themselves, so that only tested text is copied."""
    guide = (ROOT / "docs" / "how-to" / "reverse-proxy.md").read_text()
    for name in ("Caddyfile", "nginx.conf"):
        assert f"](../../deploy/{name})" in guide
