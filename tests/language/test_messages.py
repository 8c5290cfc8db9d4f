"""One fault, one clear message: names of outputs, keys, blocks in YAML, files."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.errors import Problem, SpecError
from archspec.language import load

SPEC = """archspec: 1
name: x
params: {dim: 8}
blocks:
  b0: {params: {k: int}, graph: {a: {block: linear, features: $k}}}
inputs: {image: {channels: 3, size: 32}}
graph:
  e: {block: patch_embed, patch: 8, dim: $dim}
  p: {block: mean_pool}
  q: {block: b0, k: 4}
outputs: {y: q}
"""
UNUSED = "blocks:\n  u: {params: {k: int}, "
ATTENTION = "attention: {block: self_attention, heads: 2}"
CASES = {
    "a name with _": ("{y: q}", "{_y: q}", "_y is no name"),
    "a keyword": ("{y: q}", "{class: q}", "class is a name that Python has for itself"),
    "a keyword in training": ("{y: q}", "{train: {class: q}, eval: {y: q}}", "class is a name"),
    "a keyword in evaluation": ("{y: q}", "{train: {y: q}, eval: {None: q}}", "None is a name"),
    "_ in a mode": ("{y: q}", "{train: {_z: q}, eval: {y: q}}", "_z is no name"),
    "one mode": ("{y: q}", "{train: {y: q}}", "outputs needs the key eval"),
    "a misspelt mode": ("{y: q}", "{trian: {y: q}, eval: {y: q}}", "outputs has no key trian"),
    "a mode that is no mapping": ("{y: q}", "{train: {y: q}, eval: q}", "outputs.eval takes a mapping, got 'q'"),
    "no name of a node": ("{y: q}", "{y: null}", "outputs.y takes a text, got null"),
    "output of a block": ("features: $k}}}", "features: $k}}, outputs: {class: a}}", "class is a name"),
    "null where it is not allowed": ("size: 32", "size: many", "whole number or a list of 2, each a whole number, got"),
    "null as a count": ("{block: mean_pool}", "{block: mean_pool, repeat: many}", "takes a whole number, got 'many'"),
    "a list too short": ("size: 32", "size: [1]", "got a list of 1"),
    "a variant that is no mapping": (
        "{y: q}",
        "{y: q}\nvariants: {v: w}",
        "variants.v takes a mapping or null, got 'w'",
    ),
    "itself": ("{block: mean_pool}", "{block: mean_pool, from: p}", "graph.p reads itself"),
    "misspelt repeat": (
        "{block: mean_pool}",
        f"{{block: encoder_layer, rpeat: 2, {ATTENTION}, drop_path: $(i / n)}}",
        "encoder_layer has no key rpeat",
    ),
    "repeat in a slot": (
        "{block: mean_pool}",
        "{block: encoder_layer, attention: {block: self_attention, heads: 2, repeat: 2}}",
        "cannot say repeat",
    ),
    "no-break space": ("$dim}", "$(dim\u00a0* 2)}", "U+00A0 (no-break space) cannot stand"),
    "no-break space behind a name": ("$dim}", "$dim\u00a0}", "U+00A0 (no-break space) cannot stand"),
    "word in an unused block": ("blocks:\n", UNUSED + "graph: {a: {block: lineer}}}\n", "no block is called lineer"),
    "key in an unused block": ("blocks:\n", UNUSED + "graph: {a: {block: linear, featurs: 1}}}\n", "no key featurs"),
    "name in an unused block": ("blocks:\n", UNUSED + "graph: {a: {block: linear, features: $j}}}\n", "no j here"),
    "value in an unused block": ("blocks:\n", UNUSED + "graph: {a: {block: linear, features: 0}}}\n", "at least 1"),
    "count in an unused block": ("blocks:\n", UNUSED + "graph: {a: {block: softmax, repeat: 0}}}\n", "from 1 to"),
    "source in an unused block": (
        "blocks:\n",
        UNUSED + "graph: {a: {block: linear, features: $k, from: z}}}\n",
        "reads z, which is not there",
    ),
    "share in an unused block": ("blocks:\n", UNUSED + "graph: {a: {share: z}}}\n", "shares the weights of z"),
    "output of an unused block": (
        "blocks:\n",
        UNUSED + "graph: {a: {block: linear, features: $k}}, outputs: {o: z}}\n",
        "reads z, which is not there",
    ),
}


def problems(folder: Path, old: str = "", new: str = "") -> tuple[Problem, ...]:
    assert old in SPEC
    (folder / "x.yaml").write_text(SPEC.replace(old, new, 1))
    with pytest.raises(SpecError) as caught:
        load(folder / "x.yaml")
    return caught.value.problems


@pytest.mark.parametrize(("old", "new", "words"), CASES.values(), ids=CASES)
def test_one_fault_is_one_problem(old: str, new: str, words: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, old, new)
    assert words in problem.message, problem


def test_outputs_may_be_called_as_modes_are_and_variants_may_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SPEC.replace("{y: q}", "{train: q, y: e}\nvariants: {v: null}"))
    assert list(load(tmp_path / "x.yaml", "v").outputs) == ["train", "y"]


def test_a_block_that_nothing_places_may_depend_on_its_values(tmp_path: Path) -> None:
    unused = """blocks:
  u:
    params: {k: int, on: bool, inner: slot}
    graph:
      a: {block: linear, features: $(k // 2), when: $on}
      b: {block: linear, repeat: $k, features: $(i + n)}
      c: {share: b}
      d: {block: $inner, from: [c, a]}
      e: {block: b0, k: $k}
    outputs: {o: e, r: c}
"""
    (tmp_path / "x.yaml").write_text(SPEC.replace("blocks:\n", unused))
    assert load(tmp_path / "x.yaml").outputs


SLOT = "blocks:\n  s: {params: {inner: slot}, graph: {a: {block: $inner, NODE}}}\n"
PLACED = "{block: s, inner: {block: linear, features: 8}}"


def test_a_node_may_say_what_a_block_of_a_parameter_reads_and_how_often_it_stands(tmp_path: Path) -> None:
    spec = SPEC.replace("{block: b0, k: 4}", PLACED)
    (tmp_path / "x.yaml").write_text(spec.replace("blocks:\n", SLOT.replace("NODE", "from: x, repeat: 3")))
    once = spec.replace("blocks:\n", SLOT.replace(", NODE", ""))
    (tmp_path / "y.yaml").write_text(once)
    embed = 8 * 8 * 3 * 8 + 8
    assert load(tmp_path / "x.yaml").cost.params - embed == 3 * (load(tmp_path / "y.yaml").cost.params - embed)
    (tmp_path / "x.yaml").write_text(spec.replace("blocks:\n", SLOT.replace("NODE", "features: 4")))
    with pytest.raises(SpecError, match="block gives linear with all its values, so features cannot be set here"):
        load(tmp_path / "x.yaml")


def test_a_misspelt_key_of_a_node_is_near_to_the_right_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "{block: mean_pool}", "{block: mean_pool, form: e}")
    assert problem.help == "did you mean from?"


def test_a_circle_is_told_where_it_leads_back(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "dim: $dim}", "dim: $dim, from: q}")
    assert problem.mark and (problem.mark.line, problem.mark.column) == (8, 54)


def test_a_value_that_a_block_in_yaml_cannot_use_is_told_with_the_line_that_gives_it(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "k: 4", "k: -4")
    assert problem.mark and problem.mark.line == 5
    assert problem.notes == ("in:   graph.q (line 10)", "with: k = -4 (line 10)")


FAULTY = {
    "{block: linear, features: 4, from: z}": "reads z",
    "{block: linear, features: 4, from: [p, p]}": "from gives 2 values",
    "{block: lineer, features: 4}": "no block is called lineer",
    "{block: linear, features: $z}": "there is no z here",
    "{block: linear, features: 0}": "at least 1",
    "{block: softmax, repeat: 0}": "from 1 to",
    "{block: softmax, when: many}": "true or false",
    "{share: e, bias: false}": "cannot say bias itself",
    "{share: z}": "no node above it is called so",
    "{block: conv2d, channels: 4, kernel: 3, from: p}": "takes an image at port x",
}


@pytest.mark.parametrize(("node", "words"), FAULTY.items(), ids=FAULTY)
def test_a_share_of_a_faulty_node_is_no_second_problem(node: str, words: str, tmp_path: Path) -> None:
    for share in ("{share: q}", "{share: q, from: e}", "{share: q}\n  t: {share: s}\n  u: {share: q, from: t}"):
        outputs = "\noutputs: {s: s, t: t, u: u, y: q}" if "u:" in share else "\noutputs: {s: s, y: q}"
        (problem,) = problems(tmp_path, "{block: b0, k: 4}\noutputs: {y: q}", f"{node}\n  s: {share}{outputs}")
        assert words in problem.message


def test_a_share_of_what_is_switched_off_says_so(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "{block: b0, k: 4}", "{block: b0, k: 4, when: false}\n  s: {share: q}")
    assert problem.message == "graph.s shares the weights of q, which is switched off"


def test_a_file_may_have_a_hash_in_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a#b.yaml").write_text(SPEC + "variants: {v: {params: {dim: 16}}}\n")
    Path("c.yaml").write_text("archspec: 1\nname: c\nextends: a#b.yaml\n")
    Path("d.yaml").write_text("archspec: 1\nname: d\nextends: a#b.yaml#v\n")
    assert load("a#b.yaml").cost.params == load("c.yaml").cost.params
    assert load("a#b.yaml#v").cost.params == load("d.yaml").cost.params > load("c.yaml").cost.params
    with pytest.raises(SpecError, match=r"a#b\.yaml has no variant w"):
        load("a#b.yaml#w")
    with pytest.raises(SpecError, match="there is no file a"):
        load("a#c.yaml")


@pytest.mark.parametrize("name", ["x.yaml", "x"])
def test_a_link_that_leads_nowhere_says_so(name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to("gone.yaml")
    with pytest.raises(SpecError, match=rf"{name} is a symbolic link to gone\.yaml, which is not there"):
        load(tmp_path / name)
