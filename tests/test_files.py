"""Files are replaced as a whole: a reader, or a run that fails, never meets a part of one."""

from __future__ import annotations

import json
import math
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.files import guarding, json_text, kind, replacing, write

ROOT = Path(__file__).parents[1]


def test_a_file_is_replaced_with_the_rights_of_a_new_one(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    for data in ("ä", b"b"):
        write(file, data)
        assert file.read_bytes() == (data.encode() if isinstance(data, str) else data)
    (tmp_path / "new").touch()
    assert file.stat().st_mode == (tmp_path / "new").stat().st_mode


def fill_half(file: Path) -> None:
    """A write that is stopped in the middle."""
    with replacing(file) as aside:
        aside.write_text("half of the n")
        raise KeyboardInterrupt


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write(file, "old")
    with pytest.raises(KeyboardInterrupt):
        fill_half(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "nowhere" / "a.txt", "text")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "old")
    (tmp_path / "link").symlink_to("a.txt")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    code = "from pathlib import Path; from archspec.files import write; write(Path('pipe'), 'text')"
    os.mkfifo(tmp_path / "pipe")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment) as process:
        text = subprocess.run(["cat", "pipe"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20)
        assert text.stdout == "text"
        assert process.wait(20) == 0


def test_a_file_keeps_its_rights(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "old")
    (tmp_path / "a.txt").chmod(0o640)
    write(tmp_path / "a.txt", "new")
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_devices_and_open_files_are_written_into(tmp_path: Path) -> None:
    write(Path(os.devnull), "text")
    with replacing(Path(os.devnull)) as aside:
        aside.write_text("text")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    with (tmp_path / "log").open("w") as log:
        log.write("first ")
        log.flush()
        write(Path(f"/dev/fd/{log.fileno()}"), "second ")
        log.write("third")
    assert (tmp_path / "log").read_text() == "first second third"


def in_a_fork(call: Callable[[], None]) -> int:
    """Start a call in a process of its own, which ends without the endings of this one."""
    child = os.fork()
    if child == 0:
        try:
            call()
        finally:
            os._exit(0)
    return child


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_whoever_is_killed_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    file, contents = tmp_path / "a.txt", [char * 300_000 for char in "ab"]
    chance = random.Random(0)
    write(file, contents[0])

    def rewrite() -> None:
        while True:
            for content in contents:
                write(file, content)

    for _ in range(200):
        child = in_a_fork(rewrite)
        time.sleep(chance.random() * 0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert file.read_text() in contents


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_full_disk_leaves_the_old(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write(file, "old")

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write(file, "new" * 1000)
        except OSError as error:
            (tmp_path / "error").write_text(str(error.strerror))

    os.waitpid(in_a_fork(fill), 0)
    assert file.read_text() == "old"
    assert sorted(other.name for other in tmp_path.iterdir()) == ["a.txt", "error"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a.yaml", "archspec: 1\nname: a\n", "<svg/>"),
        ("a.py", "import torch\n", "graph → graph\n"),
        ("a.svg", "<svg/>", b"\x89PNG"),
        ("a.pth", b"PK\x03\x04", "| a |\n"),
        ("a.yaml", "archspec: 1\n", "archspec: 1\nname: b\n"),
    ],
)
def test_a_file_of_another_kind_stays_unless_forced(
    name: str, old: str | bytes, new: str | bytes, tmp_path: Path
) -> None:
    file = tmp_path / name
    write(file, old)
    with pytest.raises(FileExistsError, match="--force"):
        write(file, new)
    assert file.read_bytes() == (old.encode() if isinstance(old, str) else old)
    with guarding((), force=True):
        write(file, new)
    assert file.read_bytes() == (new.encode() if isinstance(new, str) else new)
    assert [other.name for other in tmp_path.iterdir()] == [name]


def test_no_command_writes_over_what_it_reads(tmp_path: Path) -> None:
    file, link = tmp_path / "a.svg", tmp_path / "link.svg"
    write(file, "<svg/>")
    link.symlink_to("a.svg")
    with guarding([link]), pytest.raises(FileExistsError, match="is read by this command"):
        write(file, "<svg/>")


def test_json_has_no_nan() -> None:
    data = {"a": [math.nan, -math.inf, 1.5, "NaN"], "b": (math.inf,)}
    answer = json.loads(json_text(data), parse_constant=lambda name: pytest.fail(name))
    assert answer == {"a": ["nan", "-inf", 1.5, "NaN"], "b": ["inf"]}


@pytest.mark.parametrize("verb", ["summary {}", "diff {} {}", "explain {} params.p", "sweep {} --set params.q=1,2"])
def test_no_verb_prints_nan(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from archspec.cli import main

    file = tmp_path / "a.yaml"
    file.write_text("archspec: 1\nname: a\nparams: {p: .nan, q: 1}\ninputs: {x: {features: 4}}\n"
                    "graph: {a: {block: linear, features: 4}}\noutputs: {y: a}\n")  # fmt: skip
    main([*verb.format(file, file).split(), "--json"])
    json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name))


def test_build_does_not_write_over_its_own_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from archspec.cli import main

    spec = tmp_path / "spec.yaml"
    spec.write_text("# mine\narchspec: 1\nname: a\ninputs: {x: {features: 4}}\n"
                    "graph: {a: {block: linear, features: 4}}\noutputs: {y: a}\n")  # fmt: skip
    text, words = spec.read_text(), ["build", "--device", "cpu", "-q"]
    assert main([*words, str(spec), "-o", str(tmp_path)]) == 2
    assert "is read by this command" in capsys.readouterr().err
    (tmp_path / "other.yaml").write_text(text)
    assert main([*words, str(tmp_path / "other.yaml"), "-o", str(tmp_path)]) == 2
    assert "was written by hand" in capsys.readouterr().err
    assert spec.read_text() == text
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other.yaml", "spec.yaml"]
    for more in (["-o", str(tmp_path), "--force"], ["-o", str(tmp_path)]):  # the second time over its own files
        assert main([*words, str(tmp_path / "other.yaml"), *more]) == 0
    weights = str(tmp_path / "weights.safetensors")
    assert kind(Path(weights).read_bytes()) == "weights"
    assert main(["weights", "-q", str(spec), weights, "-o", weights]) == 2
    assert "is read by this command" in capsys.readouterr().err


OUTPUTS = {
    "weights": ("mine.safetensors", ["weights", "small.yaml", "small.safetensors", "-q", "-o", "mine.safetensors"]),
    "plot": ("points.svg", ["sweep", "cvt_13", "--set", "params.classes=10", "-q", "--svg", "points.svg"]),
    "page": ("cvt.html", ["render", "cvt_13", "-o", "cvt.html"]),
    "sweep": ("points/cvt_13-1.yaml", ["sweep", "cvt_13", "--set", "params.classes=10", "-q", "-o", "points"]),
    "render": ("cvt.svg", ["render", "cvt_13", "-o", "cvt.svg"]),
    "diff": ("diff.md", ["diff", "cvt_13", "cvt_21", "-o", "diff.md"]),
    "schema": ("schema.json", ["schema", "-o", "schema.json"]),
    "init": ("my.yaml", ["init", "my.yaml"]),
    "build": ("vit/spec.yaml", ["build", "vit_tiny_patch16_224", "--device", "meta", "-q", "-o", "vit"]),
}


@pytest.mark.parametrize("verb", OUTPUTS)
def test_every_output_appears_whole(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the folder is ever opened for writing by its own name."""
    from archspec.cli import main

    monkeypatch.chdir(tmp_path)
    file, words = OUTPUTS[verb]
    before = _a_small_model(tmp_path)
    renamed = []
    replace = Path.replace

    def note(self: Path, target: Path) -> Path:
        renamed.append(Path(target).relative_to(tmp_path).as_posix())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", note)
    assert main(words) in (0, 1)
    assert file in renamed
    after = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(renamed) == after - before


def _a_small_model(folder: Path) -> set[str]:
    """A spec and its weights, for verbs that read some; the names of their files."""
    import archspec
    from archspec.weights import save_weights

    (folder / "small.yaml").write_text("archspec: 1\nname: a\ninputs: {x: {features: 4}}\n"
                                       "graph: {a: {block: linear, features: 4}}\noutputs: {y: a}\n")  # fmt: skip
    save_weights(archspec.build(folder / "small.yaml", device="cpu"), folder / "small.safetensors")
    return {"small.yaml", "small.safetensors"}


def test_a_picture_from_python_appears_whole_and_not_over_a_spec(tmp_path: Path) -> None:
    import archspec

    _a_small_model(tmp_path)
    graph, file = archspec.load(tmp_path / "small.yaml"), tmp_path / "small.svg"
    file.write_text("<svg>before</svg>")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            archspec.render(graph, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_text() == "<svg>before</svg>"
    archspec.render(graph, file)
    assert "before" not in file.read_text()
    with pytest.raises(FileExistsError, match="an SVG would take its place"):
        archspec.render(graph, tmp_path / "small.yaml", format="svg")
