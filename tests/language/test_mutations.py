"""Whatever a spec's text is: a graph or a SpecError at once, messages at their place (tools/mutate tries 100,000)."""

from __future__ import annotations

import resource
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.errors import SpecError
from archspec.language import load, open_spec, packaged_specs
from tests.support.mutation import FAULTS, trial
from tests.support.work import MOST_CALLS, PATIENCE, calls_within

ROOT = Path(__file__).parents[2]

SPEC = """
archspec: 1
name: x
params: {dim: 8, depth: 2}
inputs: {image: {channels: 3, size: 32}}
graph:
  embed: {block: patch_embed, patch: 8, dim: $dim}
  layers: {block: encoder_layer, repeat: $depth, attention: {block: self_attention, heads: 2}}
  pool: {block: mean_pool}
outputs: {y: pool}
"""


def test_mutants_are_graphs_or_problems_with_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = None
    for tally in trial(packaged_specs(), 2000, tmp_path / "spec.yaml", limit=PATIENCE):
        assert not tally.failures, tally.failures[0]
    assert tally is not None
    with capsys.disabled():
        print(f"\n{tally}")
    assert tally.accuracy >= 0.99, "\n".join(tally.missed)
    assert all(tally.refused[name] for name in FAULTS)


def refused(path: Path, overrides: list[str] | None = None) -> str:
    """The messages of a spec that is refused; it takes no time."""
    messages = []

    def attempt() -> None:
        with pytest.raises(SpecError) as caught:
            load(path, overrides=overrides)
        messages.append(str(caught.value))

    assert calls_within(attempt) < MOST_CALLS
    return messages[0]


def bomb(levels: int) -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(rows)


TEXTS: dict[str, tuple[str | bytes, str]] = {
    "alias bomb": (bomb(12), "more than 100,000 values"),
    "alias in itself": ("a: &a [*a]", "inside the value that it names"),
    "deep brackets": ("x: " + "[" * 1_000_000, "nested deeper than 100"),
    "deep braces": ("{x: " * 1_000_000, "nested deeper than 100"),
    "deep indent": ("\n".join(" " * n + "x:" for n in range(1500)), "nested deeper than 100"),
    "long key": ("a" * 3_000_000, "single value"),
    "many keys": ("\n".join(f"k{n}: 1" for n in range(200_000)), "more than 100,000 values"),
    "nul": (b"archspec: 1\nname: \0x", "is NUL"),
    "binary": (bytes(range(256)) * 40, "is NUL"),
    "latin-1": ("name: caf\xe9".encode("latin-1"), "not UTF-8"),
    "utf-16": ("archspec: 1".encode("utf-16"), "UTF-16"),
    "control character": ("name: \x07", "U+0007"),
    "python tag": ("x: !!python/object/apply:os.system [ls]", "tag"),
    "two documents": ("a: 1\n---\nb: 2", "second document"),
    "empty": ("", "empty"),
    "a list": ("- 1", "is a list"),
    "long number": ("archspec: " + "9" * 100_000, "digits"),
    "merge key": ("<<: {a: 1}", "merge keys"),
}


@pytest.mark.parametrize(("text", "reason"), TEXTS.values(), ids=TEXTS)
def test_texts_that_would_do_harm_are_refused_at_once(text: str | bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    assert reason in refused(file)


SETTINGS = [
    ("params.depth=1000000000", "from 1 to 10,000"),
    ("graph.layers.repeat=1000000000", "from 1 to 10,000"),
    ("graph.layers.repeat=10000000000000000000000000000", "from 1 to 10,000"),
    ("params.dim=1000000000000", "2,147,483,648"),
    ("params.dim=1000000000", "asks its Linear for features=3000000000"),
    ("inputs.image.size=10000000", "1,048,576"),
    ("graph.embed.patch=[1, 1, 1]", "takes"),
    ("params.dim=$(9 ** 9 ** 9)", "larger than"),
    ("params.dim=$(2 ** 64)", "larger than"),
    ("params.dim=$(10 ** -400 / 0)", ""),
    ("params.dim=$([0] * 10 ** 9)", "more than 10,000"),
    ("params.dim=$('x' * 10 ** 9)", "more than 10,000"),
    ("params.dim=$(range(10 ** 9))", "more than 10,000"),
    ("params.dim=$(" + "(" * 900 + ")" * 90 + ")", "deeper"),
    ("params.dim=$(" + "-" * 900 + "1)", "deeper"),
    ("params.dim=$(" + "1+" * 400 + "1)", "parts"),
    ("params.dim=$(__import__('os').system('true'))", ""),
    ("params.dim=$(().__class__.__bases__)", "no fields" ),
    ("params.dim=$(dim.__class__)", ""),
    ("params.dim=$([x for x in range(3)])", ""),
    ("params.dim='$(lambda: 0)'", "lambda"),
    ("params.dim=$(open('x'))", "no function open"),
    ("params.dim=$(eval('1'))", "no function eval"),
    ("params.dim=$(f'{dim}')", ""),
    ("params.dim=$(dim := 3)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "reason"), SETTINGS, ids=[setting[:40] for setting, _ in SETTINGS])
def test_values_that_would_do_harm_are_refused_at_once(setting: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(SPEC)
    assert reason in refused(file, [setting])


def child(folder: Path, key: str, target: str) -> Path:
    value = target if key == "extends" else f"[{target}]"
    folder.mkdir(exist_ok=True)
    (folder / "x.yaml").write_text(SPEC.replace("name: x", f"name: x\n{key}: {value}"))
    return folder / "x.yaml"


TARGETS = {
    "up twice": ("../../x.yaml", "no file near"),
    "up behind a folder": ("a/../../x.yaml", "no file near"),
    "absolute": ("/etc/passwd", "no file near"),
    "home": ("~/x.yaml", "there is no"),
    "itself": ("x.yaml", ""),
    "nothing": ("''", "no file near"),
    "a folder": ("sub.yaml", "is a directory"),
    "a device": ("null.yaml", "device"),
    "a pipe": ("pipe.yaml", "pipe"),
    "a loop of links": ("loop.yaml", "circle"),
    "not there": ("y.yaml", "there is no file"),
    "back slashes": ("'..\\..\\x.yaml'", "no file near"),
    "nul": ('"a\\0b.yaml"', ""),
}


@pytest.mark.parametrize("key", ["extends", "use"])
@pytest.mark.parametrize(("target", "reason"), TARGETS.values(), ids=TARGETS)
def test_files_that_a_spec_may_not_or_cannot_read(key: str, target: str, reason: str, tmp_path: Path) -> None:
    spec = child(tmp_path / "a", key, target)
    (spec.parent / "sub.yaml").mkdir()
    (spec.parent / "null.yaml").symlink_to("/dev/zero")
    subprocess.run(["mkfifo", spec.parent / "pipe.yaml"], check=True, timeout=300)
    (spec.parent / "loop.yaml").symlink_to("loop2.yaml")
    (spec.parent / "loop2.yaml").symlink_to("loop.yaml")
    told = refused(spec)
    assert reason in told and "x.yaml" in told


def test_a_chain_of_extends_is_bounded_and_a_circle_is_told(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"f{number}.yaml").write_text(f"archspec: 1\nname: f\nextends: f{number + 1}.yaml\n")
    refused(tmp_path / "f0.yaml")
    (tmp_path / "f60.yaml").write_text("archspec: 1\nname: f\nextends: f59.yaml\n")
    assert "extend each other" in refused(tmp_path / "f59.yaml")


@pytest.mark.parametrize(
    "name", ["a\0b", "x" * 5000, "", ".", "#", "a/b/c.yaml", "\ud800.yaml", "/dev/zero", "/proc/self/mem"]
)
def test_any_name_is_a_file_or_a_spec_error(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        open_spec(name)
    assert str(caught.value)


def test_a_huge_file_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as out:
        out.truncate(10 * 2**30)
    assert "bytes" in refused(file)
    file.write_bytes(b"x: [" + b"1, " * (35 * 2**20))
    assert "bytes" in refused(file)


def limited(code: str) -> subprocess.CompletedProcess[str]:
    """Run in 1 GiB."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))

    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120,
                          preexec_fn=limit, cwd=ROOT)  # fmt: skip


def many(before: str, row: str, count: int) -> Callable[[], str]:
    return lambda: SPEC.replace(before, before + "".join(row.replace("#", str(n)) for n in range(count)))


NESTED = """
blocks:
  b0: {params: {k: 1}, graph: {a: {block: linear, features: $k}}}
"""
PAIR = "  b#: {params: {k: 1}, graph: {a: {block: b%, k: $(k * 2)}, b: {block: b%, k: $(k * 2 + 1)}}}\n"
NESTED += "".join(PAIR.replace("#", str(n)).replace("%", str(n - 1)) for n in range(1, 40))
HEAVY: dict[str, Callable[[], str]] = {
    "alias bomb": lambda: bomb(12),
    "wide aliases": lambda: "a: &a [" + "1, " * 40_000 + "]\nb: [" + "*a, " * 40_000 + "]",
    "repeat": lambda: SPEC.replace("repeat: $depth", "repeat: 10000"),
    "repeats that differ": lambda: SPEC.replace("repeat: $depth", "repeat: 10000, drop_path: $(i / n)"),
    "4 MB of text": lambda: "name: " + "x" * (4 * 2**20 - 100),
    "many nodes": many("graph:\n", "  n#: {block: layer_norm, from: image}\n", 20_000),
    "many faults": many("graph:\n", "  n#: {block: nope#}\n", 20_000),
    "many misfits": many("{block: mean_pool}\n", "  n#: {block: mean_pool, from: image}\n", 9000),
    "many wrong keys": many("archspec: 1\n", "x#: 1\n", 20_000),
    "many inputs": many("inputs: {", "i#: {features: 1}, ", 9000),
    "blocks within blocks": lambda: SPEC.replace("graph:", NESTED + "graph:").replace("mean_pool", "b39"),
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
def test_a_heavy_spec_stays_within_a_gibibyte_and_two_seconds_work(text: Callable[[], str], tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text())
    done = limited(f"""
        from archspec.errors import SpecError
        from archspec.language.load import load
        from tests.support.work import MOST_CALLS, calls_within

        def attempt():
            try:
                load({str(file)!r})
            except SpecError as error:
                assert len(str(error)) < 200_000, len(str(error))
                assert all(problem.mark for problem in error.problems), str(error)[:500]

        load("vit")
        calls = calls_within(attempt)
        assert calls <= MOST_CALLS, calls
    """)
    assert done.returncode == 0, done.stderr[-3000:]
