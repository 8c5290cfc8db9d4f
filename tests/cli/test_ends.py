"""How a run of the command ends where the world is unkind: keys pressed, streams closed, names that are not nice."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archspec.cli import main

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "archspec.cli"]
SPEC = """\
archspec: 1
name: small
title: "bell \\a, red \\e[31m, one byte \\x9b, back \\u202e, half \\x7f"
inputs: {x: {features: 4}}
graph: {a: {block: linear, features: 4}}
outputs: {y: a}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(SPEC, encoding="utf-8")
    return Path("a.yaml")


def run(words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a shell, which can close streams."""
    line = f"exec {shlex.join(COMMAND)} {words}"
    there = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(["sh", "-c", line], capture_output=True, env=there, timeout=120)


@pytest.mark.parametrize("words", ["summary a.yaml", "render a.yaml", "diff a.yaml --set graph.a.bias=false"])
def test_closed_streams_are_no_error(words: str, spec: Path) -> None:
    for closed in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
        done = run(f"{words} {closed}")
        assert done.returncode in (0, 1) and not done.stderr, done.stderr
    assert spec.read_text(encoding="utf-8") == SPEC


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_stream_is_one_sentence(spec: Path) -> None:
    done = run("summary a.yaml >/dev/full")
    assert (done.returncode, done.stderr) == (2, b"archspec: no space left on device\n")


def test_a_stream_of_ascii_gets_ascii(spec: Path) -> None:
    done = run("summary cvt_13", PYTHONIOENCODING="ascii", PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert b"56x56" in done.stdout and done.stdout.isascii()


INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts in the background
from archspec.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("module", "words"),
    [("pydantic", "validate cvt"), ("torch", "build cvt_13 -q"), ("torch", "weights cvt_13 x.safetensors"),
     ("yaml", "summary cvt"), ("xml", "render cvt -o x.svg")],
)  # fmt: skip
def test_an_interrupt_during_imports_says_nothing(module: str, words: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text("import os, time; os.write(1, b'here'); time.sleep(60)")
    there = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    command = [sys.executable, "-c", INTERRUPTIBLE, *words.split()]
    with subprocess.Popen(command, stdout=-1, stderr=-1, env=there) as process:
        assert process.stdout and process.stdout.read(4) == b"here"
        process.send_signal(signal.SIGINT)
        _, output = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130) and not output


VERBS = ["summary {}", "summary {} --format md", "validate {}", "explain {} title", "diff {} cvt_13",
         "build {} --device cpu",
         "render {}", "render {} --format dot", "render {} --format mermaid", "render {} --format html",
         "sweep {} --set graph.a.features=2,3", "render {} --title '\x1b[31m'", "summary {} --set 'graph.\x1b.x=1'",
         "explain {} '\x1b[31m'", "summary '\x1b[31m.yaml'", "render {} --format '\x1b'"]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_prints_what_a_terminal_acts_on(verb: str, spec: Path, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        main(shlex.split(verb.format(spec)))
    except SystemExit as end:
        assert end.code == 2
    output = "".join(capfd.readouterr())
    assert output and not {*output} & {*map(chr, [*range(9), *range(11, 32), *range(127, 160), 0x202E])}


def test_a_folder_is_no_file_and_a_file_no_folder(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder.svg").mkdir()
    for words in ("build a.yaml -q --device cpu -o a.yaml", "sweep a.yaml -q --set graph.a.features=2 -o a.yaml",
                  "build a.yaml -q --device cpu -o a.yaml/below", "diff a.yaml cvt_13 -o folder.svg"):  # fmt: skip
        assert main(words.split()) == 2
        output = capsys.readouterr().err
        assert output.count("\n") == 1 and "Traceback" not in output
    assert spec.read_text(encoding="utf-8") == SPEC


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "1e9", "1e-9"])
def test_a_scale_is_above_nothing(scale: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "a.yaml", "-o", "a.png", f"--scale={scale}"]) == 1
    assert "scale" in capsys.readouterr().err
    assert not Path("a.png").exists()


def test_an_error_is_not_beside_fine(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.svg").write_text("<svg><metadata>archspec render gone.yaml</metadata>\n</svg>", encoding="utf-8")
    assert main(["render", "--check", "x.svg"]) == 1
    output = capsys.readouterr()
    assert "fine" not in output.out and "gone.yaml" in output.err
    assert main(["render", "--check", "x.svg", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["stale"] == [] and answer["problems"][0]["code"] == "file-missing"
