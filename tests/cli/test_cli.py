"""The command line: exit codes, JSON, files – and never a traceback."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open

import archspec
from archspec.cli import main
from archspec.errors import Source
from archspec.language import load
from archspec.language.document import parse, plain
from tests.support.origins import origin_of

ROOT = Path(__file__).parents[2]
CVT = str(ROOT / "specs" / "cvt.yaml")
SMALL = ["--set", "params.depths=[1, 1, 1]", "--set", "params.image=64"]
BROKEN = str(ROOT / "tests" / "golden" / "broken" / "several.yaml")


def test_exit_codes_tell_fine_findings_and_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", CVT]) == 0
    assert main(["validate", BROKEN]) == 1
    for words in ([], ["nothing"], ["validate"], ["validate", CVT, "--nothing"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["summary", CVT, "--depth", "x"], "archspec: --depth takes a number or all, got x\n"),
        (["build", CVT, "--depth", "1000"], "archspec: --depth takes a number or all, got 1000\n"),
        (
            ["blocks", "linear", "more"],
            "archspec: more is one word too many: archspec blocks WORD, or archspec blocks check FILE\n",
        ),
    ],
)
def test_an_error_of_usage_that_argparse_cannot_see_exits_with_2_too(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert capsys.readouterr() == ("", message)


def test_a_look_that_cannot_be_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (["render", CVT], ["diff", CVT, "--format", "svg"]):
        assert main([*verb, "--depth", "x"]) == 1
        assert capsys.readouterr().err.startswith("error[render]: depth takes a number or all")
    assert main(["render", CVT, "--depth", "x", "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["line"]) == ("render", None)


def test_problems_as_json_have_both_ends_and_a_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", BROKEN, "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert len(problems) == 3
    assert {"code", "message", "path", "line", "column", "end_line", "end_column", "help"} <= set(problems[0])
    assert main(["summary", BROKEN, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == problems


def test_a_summary_is_a_table_markdown_csv_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", CVT]) == 0
    assert "conv_attention" not in capsys.readouterr().out
    assert main(["summary", CVT, "--depth", "all", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sum(int(row["params"] or 0) for row in rows if row["depth"] == "0") == 19_997_480
    assert main(["summary", CVT, "--format", "md", "--depth", "0"]) == 0
    assert capsys.readouterr().out.count("|---") == 5
    assert main(["summary", CVT, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["macs"] == 4_566_089_216


def test_build_runs_the_model_and_writes_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "cvt"
    assert main(["build", CVT, *SMALL, "--dtype", "bfloat16", "-o", str(folder)]) == 0
    assert "gave logits (1, 1000)" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == [
        "architecture.svg",
        "spec.yaml",
        "summary.md",
        "weights.safetensors",
    ]
    graph = archspec.load(folder / "spec.yaml")
    with safe_open(str(folder / "weights.safetensors"), "pt") as file:
        told = file.metadata()
        assert told["name"] == "cvt"
        names = set(file.keys())
    assert names == set(archspec.build(graph, device="meta").state_dict())
    assert plain(parse(Source("spec", (folder / "spec.yaml").read_text())))["params"]["depths"] == [1, 1, 1]
    assert json.loads(told["spec"]) == origin_of(graph).spec
    assert main(["build", str(folder / "spec.yaml"), "--weights", str(folder / "weights.safetensors"), "-q"]) == 0


def test_build_on_meta_takes_no_memory_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", CVT, "--device", "meta", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["device"] == "meta"
    assert main(["build", CVT, *SMALL, "--device", "meta", "-q", "-o", str(tmp_path)]) == 0
    assert "no weights to write" in capsys.readouterr().err
    assert main(["build", CVT, "--device", "toaster"]) == 1
    assert "toaster is no device" in capsys.readouterr().err


def test_output_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["build", CVT, *SMALL, "-q", "-o", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "name a folder" in said


def test_blocks_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["blocks"]) == 0
    assert "conv_attention" in capsys.readouterr().out
    assert main(["blocks", "conv_attention", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["fields"]["heads"]["required"] is True
    assert told["fields"]["scale"]["doc"].startswith("What QKᵀ is multiplied by")
    assert main(["blocks", "conv_atention"]) == 1
    assert "did you mean conv_attention" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; from archspec.cli import main; sys.exit(main(['summary', sys.argv[1], '--json']))"
    done = subprocess.run(
        f'{sys.executable} -c "{code}" {CVT} | head -c 10',
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=300,
    )
    assert done.stderr == ""


def test_traceback_is_for_those_who_ask(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(archspec.SpecError):
        main(["validate", BROKEN, "--traceback"])


def test_passes_say_what_is_rewritten_and_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "vit_tiny_patch16_224", "--passes"]) == 0
    table = capsys.readouterr().out
    assert re.search(r"^live_tokens +blocks\.11\.attn\.attend +1 of 197 rows +14\.827 MMACs", table, re.MULTILINE)
    assert main(["explain", "vit_tiny_patch16_224", "--passes", "--json"]) == 0
    records = [record for each in json.loads(capsys.readouterr().out).values() for record in each]
    assert f"{sum(record['macs'] for record in records) / 1e9:.3f} GMACs of 1.254 GMACs saved" in table
    with pytest.raises(SystemExit):
        main(["explain", "vit_tiny_patch16_224"])


def test_the_graph_that_runs_is_drawn_without_what_it_only_holds(tmp_path: Path) -> None:
    from archspec.compiler import lower, running

    nodes = [node for _, node in running(lower(load("vit_tiny_patch16_224")).graph).walk()]
    assert sum(node.block.word == "part_linear" for node in nodes) == 1
    assert not any(node.block.word == "held" for node in nodes)
    texts = []
    for flags in ([], ["--lowered"]):
        assert main(["render", "vit_tiny_patch16_224", "--depth", "all", "-o", str(tmp_path / "a.dot"), *flags]) == 0
        texts.append((tmp_path / "a.dot").read_text(encoding="utf-8"))
    assert "rows 0" not in texts[0] and "row 0" in texts[1]
