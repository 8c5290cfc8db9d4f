"""`archspec serve`: what the page is told, who may ask, and the page itself in a real browser."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archspec.cli import main
from archspec.diagrams import COSTS, DIRECTIONS, THEMES
from archspec.errors import SpecError
from archspec.serve import Preview, Server
from archspec.serve.faults import keys
from archspec.serve.server import FILES
from tests.support.browser import page

ROOT = Path(__file__).parents[2]
SPEC = """\
archspec: 1
name: small
title: A small one
params: {classes: 10}
inputs: {image: {channels: 3, size: 32}}
blocks:
  stage:
    params: {heads: int}
    graph:
      layers: {block: encoder_layer, repeat: 2, attention: {block: self_attention, heads: $heads}}
graph:
  patch_embed: {block: patch_embed, patch: 8, dim: 48}
  first: {block: stage, heads: 3}
  second: {block: stage, heads: 3}
  pool: {block: mean_pool}
  head: {block: linear, features: $classes}
outputs: {logits: head}
default: base
variants:
  base: {}
  large: {params: {classes: 1000}}
"""


GROUND = "getComputedStyle(document.querySelector('#picture .pill')).fill"
BLOCKS = """\
archspec: 1
blocks:
  pair: {graph: {one: {block: linear, features: 4}, two: {block: linear, features: 4}}}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = Path("small.yaml")
    file.write_text(SPEC, encoding="utf-8")
    return file


@pytest.fixture
def server(spec: Path) -> Iterator[Server]:
    with Server(Preview(str(spec))) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join(20)
        assert not thread.is_alive()


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_the_state_is_all_that_the_page_shows(server: Server) -> None:
    status, _, body = ask(server, "/state?variant=large&depth=0")
    told = json.loads(body)
    assert status == 200
    assert told["variants"] == ["base", "large"] and told["variant"] == "large"
    assert told["problems"] == [] and told["title"] == "A small one"
    assert told["composites"] == ["first", "first.layers", "first.layers.attn", "first.layers.mlp", "patch_embed",
                                  "second", "second.layers", "second.layers.attn", "second.layers.mlp"]  # fmt: skip
    assert told["deepest"] == 3
    assert 'data-path="first"' in told["svg"] and 'data-path="first.layers"' not in told["svg"]
    for query in ("expand=first", "depth=1&collapse=second", "expand=first&expand=gone&heat=nothing&variant=gone"):
        assert 'data-path="first.layers"' in json.loads(ask(server, f"/state?{query}")[2])["svg"]


@pytest.mark.parametrize(
    ("old", "new", "code", "nodes"),
    [
        ("first: {block: stage, heads: 3}", "first: {block: stage, heads: 5}", "divisible", ["first.layers"]),
        ("heads: $heads", "head: $heads", "unknown-key", ["first.layers", "second.layers"]),
        ("block: mean_pool", "block: mean_pol", "unknown-block", ["pool"]),
        ("{block: mean_pool", "{block: [mean_pool", "yaml-syntax", ["pool"]),
        ("{logits: head}", "{logits: hed}", "unknown-source", ["outputs.logits"]),
        ("size: 32", "size: 31", "divisible", ["patch_embed"]),
        ("size: 32", "size: x", "wrong-type", ["image"]),
        ("{params: {classes: 1000}}", "{graph: {poll: null}}", "override-miss", []),
        ("params: {classes: 10}", "params: {classes: 10", "yaml-syntax", []),
    ],
)
def test_faults_are_marked_on_the_last_good_picture(
    spec: Path, old: str, new: str, code: str, nodes: list[str]
) -> None:
    preview = Preview(str(spec))
    good = preview.state({})
    spec.write_text(SPEC.replace(old, new, 1), encoding="utf-8")
    told = preview.state({})
    assert told["svg"] == good["svg"]
    assert (told["problems"][0]["code"], told["problems"][0]["nodes"]) == (code, nodes)
    assert told["problems"][0]["text"].startswith("small.yaml:")
    spec.write_text(SPEC, encoding="utf-8")
    assert preview.state({})["problems"] == []


def test_the_base_of_a_fresh_spec_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my_vit.yaml"]) == 0
    preview = Preview("my_vit.yaml")
    first = preview.state({})
    assert first["variants"] == ["", "my_vit_deep"] and first["variant"] == "" and first["problems"] == []
    deep = preview.state({"variant": ["my_vit_deep"]})
    assert deep["variant"] == "my_vit_deep" and deep["params"] > first["params"]
    assert preview.state({"variant": [""]})["params"] == first["params"]


def test_a_base_that_is_never_built_is_no_choice(spec: Path) -> None:
    assert Preview(str(spec)).state({"variant": [""]})["variant"] == "base"
    spec.write_text(SPEC.partition("default:")[0], encoding="utf-8")
    assert Preview(str(spec)).state({})["variants"] == []


@pytest.mark.parametrize("name", ["gone.yaml", "gone", "gone.yaml#variant"])
def test_a_file_that_is_not_there_is_not_shown(name: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", name, "--no-open", "--port", "0"]) == 1
    output = capsys.readouterr()
    assert output.out == "" and "there is no file gone" in output.err


@pytest.mark.browser
def test_there_is_no_box_of_variants_where_there_are_none(server: Server, spec: Path, tmp_path: Path) -> None:
    with page(tmp_path / "profile") as shown:
        shown.goto(server.url)
        shown.wait_for_selector("#picture svg")
        assert shown.is_visible("#variants")
        spec.write_text(SPEC.partition("default:")[0], encoding="utf-8")
        shown.wait_for_selector("#variants", state="hidden")
        spec.write_text(SPEC.replace("default: base\n", ""), encoding="utf-8")
        shown.wait_for_selector("#variants", state="visible")
        names = "[...document.querySelector('[name=variant]').options].map(option => option.text)"
        assert shown.evaluate(names) == ["base", "base", "large"]
        shown.select_option("[name=variant]", "large")
        shown.wait_for_url("**?variant=large")
        shown.select_option("[name=variant]", "")
        shown.wait_for_url("**?variant=")
        shown.wait_for_selector("#status[data-is=fine]")


def test_the_page_offers_the_options_of_a_look() -> None:
    html = FILES["/"][0].read_text(encoding="utf-8")
    offers = {name: set(re.findall(r'value="(\w+)"', text))
              for name, text in re.findall(r'<select name="(\w+)">(.*?)</select>', html, re.DOTALL)}  # fmt: skip
    assert offers == {
        "variant": set(), "direction": set(DIRECTIONS), "theme": set(THEMES), "heat": set(COSTS)
    }  # fmt: skip


def test_a_spec_that_never_was_good_has_no_picture(spec: Path) -> None:
    spec.write_text(SPEC.replace("mean_pool", "mean_pol"), encoding="utf-8")
    preview = Preview(str(spec))
    told = preview.state({})
    assert (told["svg"], told["problems"][0]["nodes"]) == ("", [])
    with pytest.raises(SpecError):
        preview.picture({}, "svg")
    assert Preview("gone.yaml").state({})["problems"][0]["code"] == "file-missing"


def test_all_files_of_a_spec_are_watched(spec: Path) -> None:
    """What it extends, the blocks that it uses, and a file that is still to come."""
    Path("blocks.yaml").write_text(BLOCKS, encoding="utf-8")
    child = Path("child.yaml")
    child.write_text("archspec: 1\nname: child\nextends: small.yaml\nuse: [blocks.yaml, more.yaml]\n", encoding="utf-8")
    preview = Preview(str(child))
    preview.state({})
    threading.Thread(target=preview.watch, daemon=True).start()
    for name in ("small.yaml", "blocks.yaml", "child.yaml", "more.yaml"):
        seen = preview.version
        with open(name, "a", encoding="utf-8") as file:
            file.write("# saved\n")
        assert preview.wait(seen, 20) > seen, name
        preview.state({})


def test_pictures_are_saved_from_the_page(server: Server) -> None:
    for format, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        status, _, body = ask(server, f"/picture.{format}?depth=all")
        assert status == 200
        assert body.startswith(start)


@pytest.mark.parametrize("path", ["/../small.yaml", "/%2e%2e/small.yaml", "/page/page.js", "/small.yaml", "//page.js/x",
                                  "/fonts/../page.js", "/picture.exe", "/picture.", "/etc/passwd"])  # fmt: skip
def test_only_its_own_addresses_are_served(server: Server, path: str) -> None:
    status, _, body = ask(server, path)
    assert status == 404
    assert body == b"there is no such page\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_it_is_only_read(server: Server, method: str) -> None:
    status, headers, _ = ask(server, "/state", method)
    assert status == 405
    assert headers["Allow"] == "GET"


def test_a_page_under_another_name_is_told_nothing(server: Server) -> None:
    port = server.server_port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port}.evil.example", ""):
        status, _, body = ask(server, "/state", Host=host)
        assert status == 421 and b"small" not in body
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        status, headers, _ = ask(server, "/", Host=host)
        assert status == 200
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_nothing_listens_beyond_this_machine(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


SERVE = """
import signal, sys
signal.signal(signal.SIGINT, signal.{sigint})  # a shell ignores it for what it starts in the background
from archspec.cli import main
sys.exit(main(["serve", "small.yaml", "--port", "0", "--no-open"]))
"""


@pytest.mark.parametrize(
    ("sigint", "stop"), [("default_int_handler", signal.SIGINT), ("SIG_IGN", signal.SIGTERM)], ids=["SIGINT", "SIGTERM"]
)
def test_the_command_serves_until_it_is_stopped(spec: Path, sigint: str, stop: signal.Signals) -> None:
    command = [sys.executable, "-c", SERVE.format(sigint=sigint)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        guard = threading.Timer(60, process.kill)  # ends every wait below that has no time limit of its own
        guard.start()
        try:
            assert process.stdout
            url = next(word for word in process.stdout.readline().split() if word.startswith("http://127.0.0.1:"))
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
            connection.request("GET", "/state?depth=0")
            assert json.loads(connection.getresponse().read())["variant"] == "base"
            connection.close()
            process.send_signal(stop)
            assert process.wait(20) == 0
        finally:
            process.kill()
            guard.cancel()


def test_a_port_that_is_taken_is_a_sentence(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from archspec.cli import main

    with socket.create_server(("127.0.0.1", 0)) as other:
        assert main(["serve", str(spec), "--no-open", "--port", str(other.getsockname()[1])]) == 1
    assert "cannot be had" in capsys.readouterr().err


def test_keys_are_found_by_indentation() -> None:
    text = "a:\n  b: {\n  c:\n    - d: 1\n      e: 2\n  # f: 3\n"
    assert keys(text, 5) == ["a", "c", "e"]
    assert keys(text, 2) == ["a", "b"]


@pytest.mark.browser
def test_the_page_in_a_browser(server: Server, spec: Path, tmp_path: Path) -> None:
    """Edit the file, see the change; break it, see the message; mend it."""
    with page(tmp_path / "profile") as shown:
        shown.goto(server.url)
        shown.wait_for_selector("#status[data-is=fine]")
        assert shown.locator("#picture [data-path='first.layers'] > text:text-is(\"encoder layer ×2\")").count() == 1

        spec.write_text(SPEC.replace("repeat: 2", "repeat: 5"), encoding="utf-8")
        shown.wait_for_selector("#picture [data-path='first.layers'] > text:text-is(\"encoder layer ×5\")")

        spec.write_text(SPEC.replace("second: {block: stage, heads: 3}", "second: {block: stage, heads: 5}"), "utf-8")
        shown.wait_for_selector("article >> text=heads=5 does not divide the 48 channels")
        assert shown.inner_text("article pre").splitlines()[0].startswith("10 │ layers: {block: encoder_layer")
        assert shown.locator("#picture .faulty").evaluate_all("all => all.map(g => g.dataset.path)") == [
            "second.layers"
        ]
        assert shown.locator("#picture [data-path='first.layers'] > text:text-is(\"encoder layer ×5\")").count() == 1

        spec.write_text(SPEC, encoding="utf-8")
        shown.wait_for_selector("#status[data-is=fine]")
        assert shown.locator("#picture .faulty, article").count() == 0
        assert shown.locator("#problems").is_hidden()

        shown.select_option("[name=variant]", "large")
        shown.wait_for_selector('#picture [data-path=head] > text:text-is("linear 1000")')
        shown.fill("[name=depth]", "0")
        shown.wait_for_selector("#picture .node[data-path=first]")
        shown.click("#picture [data-path=first]")
        shown.wait_for_selector("#picture .composite[data-path=first]")
        shown.focus("#picture [data-path=second]")
        shown.keyboard.press("Enter")
        shown.wait_for_selector("#picture .composite[data-path=second]")
        assert shown.evaluate("document.activeElement.dataset.path") == "second"
        shown.keyboard.press("Enter")
        shown.wait_for_selector("#picture .node[data-path=second]")

        assert shown.evaluate(GROUND) == "rgb(255, 255, 255)"
        shown.select_option("[name=theme]", "dark")
        shown.wait_for_selector("#picture .archspec-dark")
        assert shown.evaluate(GROUND) == "rgb(15, 20, 26)"
        shown.select_option("[name=theme]", "paper")
        shown.wait_for_selector("#picture .archspec-paper")
        shown.reload()
        shown.wait_for_selector("#picture .archspec-paper .composite[data-path=first]")
        assert shown.input_value("[name=variant]") == "large"


def test_the_page_follows_a_dark_system(server: Server, tmp_path: Path) -> None:
    with page(tmp_path / "profile", dark=True) as shown:
        shown.goto(server.url)
        shown.wait_for_selector("#picture .archspec-auto")
        assert shown.evaluate(GROUND) == "rgb(15, 20, 26)"
        shown.select_option("[name=heat]", "macs")
        shown.wait_for_selector("#picture .archspec-dark")


def raw(server: Server, data: bytes) -> bytes:
    """What the server answers to bytes that are no good request."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


HOST = b"Host: 127.0.0.1:%d\r\n\r\n"


@pytest.mark.parametrize(
    "line", [b"GET", b"GET / HTTP/9", b"\x16\x03\x01\x00", b"GET /" + b"x" * 70_000, b"BREW / HTTP/1.1",
             b"GET //[ HTTP/1.1", b"GET http://[ HTTP/1.1", b"\x1b[31m / HTTP/1.1"]
)  # fmt: skip
def test_a_bad_request_is_refused_in_a_sentence(server: Server, line: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    answer = raw(server, line + b"\r\n" + HOST % server.server_port)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), answer
    assert b"text/plain" in answer and b"\x1b" not in answer
    assert ask(server, "/")[0] == 200
    assert capfd.readouterr().err == ""


def test_connections_that_are_reset_say_nothing(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    for request in (b"", b"GET /sta", b"GET /state?depth=all HTTP/1.1\r\n" + HOST % server.server_port):
        connection = socket.create_connection(("127.0.0.1", server.server_port), timeout=20)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(request)
        connection.close()
    for _ in range(3):
        assert ask(server, "/state")[0] == 200
    assert capfd.readouterr().err == ""


def test_an_error_of_its_own_is_answered(server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def broken(query: object) -> dict[str, object]:
        raise ZeroDivisionError("secret")

    server.preview.state = broken  # type: ignore[method-assign]
    status, _, body = ask(server, "/state")
    assert status == 500 and b"ZeroDivisionError" in body and b"secret" not in body
    assert "ZeroDivisionError: secret" in capfd.readouterr().err
    says = "document.querySelector('#status').textContent.includes('error of its own')"

    def look() -> None:
        with page(tmp_path / "profile") as shown:
            shown.goto(server.url)
            shown.wait_for_function(says)

    with pytest.raises(AssertionError):  # the browser's console tells of the answer 500; a page without it times out
        look()
