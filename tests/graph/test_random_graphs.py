"""Laws over random specs: hypothesis builds valid graphs from the blocks' own examples, whatever the blocks are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archspec.analysis.diff import describe as described
from archspec.analysis.diff import diff
from archspec.errors import Source, SpecError
from archspec.graph import Block, Graph, Grid, Image, Node, Ref, Shape, Tokens, Vector, infer
from archspec.language import load
from archspec.language.document import parse, plain
from archspec.language.document.write import dump
from archspec.language.words import Vocabulary
from tests.graph.test_laws import check_against_torch
from tests.support.origins import origin_of

Json = dict[str, Any]
INPUTS: list[tuple[Json, Shape]] = [
    ({"channels": 3, "size": 16}, Image(3, 16, 16)),
    ({"channels": 8, "size": [8, 12]}, Image(8, 8, 12)),
    ({"grid": [4, 4], "dim": 8}, Tokens(16, 8, Grid(4, 4))),
    ({"features": 8}, Vector(8)),
]


def written(block: Block) -> Json:
    """A block as its author would write it: what was set, slots by their words."""

    def said(value: Any) -> Any:
        if isinstance(value, Block):
            return written(value)
        return [said(item) for item in value] if isinstance(value, tuple) else value

    return {"block": block.word, **{name: said(getattr(block, name)) for name in sorted(block.model_fields_set)}}


@cache
def kit() -> list[Block]:
    """Every example of a block with one value in and one out, once."""
    vocabulary = Vocabulary()
    blocks = [vocabulary[word](**config) for word in vocabulary for config, *_ in vocabulary[word].examples]
    return [block for block in blocks if len(block.ports()) == 1 and not block.output_names()]


@cache
def shape_after(place: int, shape: Shape) -> Shape | None:
    """What an example's block makes of a shape; None where its rules refuse it, or it grows too large."""
    graph = Graph({"x": shape}, {"node": Node("node", kit()[place], (Ref("x"),))}, {"y": Ref("node")})
    try:
        made = infer(graph).nodes["node"].shape
    except SpecError:
        return None
    return made if made.numel <= 2**14 else None


@st.composite
def specs(draw: st.DrawFn) -> Json:
    """A spec of a few nodes: chains, repeats, skips that are added, and a part of it as a block in YAML."""
    given, shape = draw(st.sampled_from(INPUTS))
    graph: Json = {}
    shapes: dict[str, Shape] = {"image": shape}
    last = "image"
    for number in range(draw(st.integers(1, 5))):
        fitting = [place for place in range(len(kit())) if shape_after(place, shapes[last])]
        place = draw(st.sampled_from(fitting))
        made = shape_after(place, shapes[last])
        assert made is not None
        name = f"n{number}"
        graph[name] = {**written(kit()[place]), "from": last} if draw(st.booleans()) else written(kit()[place])
        if made == shapes[last] and draw(st.booleans()):
            graph[name]["repeat"] = draw(st.integers(1, 3))
        shapes[name], before, last = made, last, name
        twin = [other for other in graph if other != name and shapes[other].sizes == made.sizes]
        if made == shapes[before] and before in graph:
            twin.append(before)
        if twin and draw(st.sampled_from([False, True])):
            other = draw(st.sampled_from(sorted(set(twin))))
            if shape_of_sum(shapes[other], made) is not None:
                graph[f"add{number}"] = {"block": "add", "from": [other, name]}
                last = f"add{number}"
                shapes[last] = made
    spec: Json = {"archspec": 1, "name": "random", "inputs": {"image": given}, "graph": graph, "outputs": {"y": last}}
    return own_block(draw, spec)


def shape_of_sum(a: Shape, b: Shape) -> Shape | None:
    """Whether two values may be added."""
    add = Vocabulary()["add"]()
    graph = Graph({"a": a, "b": b}, {"node": Node("node", add, (Ref("a"), Ref("b")))}, {"y": Ref("node")})
    try:
        return infer(graph).nodes["node"].shape
    except SpecError:
        return None


def own_block(draw: st.DrawFn, spec: Json) -> Json:
    """The last node moved into a block of the spec's own, where it reads but one value."""
    name = spec["outputs"]["y"]
    node = spec["graph"][name]
    if node["block"] == "add" or not draw(st.booleans()):
        return spec
    inner = {key: value for key, value in node.items() if key != "from"}
    outer = {"block": "own", **({"from": node["from"]} if "from" in node else {})}
    return {**spec, "blocks": {"own": {"graph": {"inside": inner}}}, "graph": {**spec["graph"], name: outer}}


RUNS = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)


def graph_of(spec: Json, folder: Path, name: str = "spec.yaml") -> Graph:
    (folder / name).write_text(dump(spec), encoding="utf-8")
    return load(folder / name)


@RUNS
@given(specs())
def test_random_specs_cost_what_torch_says(tmp_path_factory: Any, spec: Json) -> None:
    check_against_torch(graph_of(spec, tmp_path_factory.getbasetemp()))


@RUNS
@given(specs())
def test_a_spec_reads_back_as_it_was_written(tmp_path_factory: Any, spec: Json) -> None:
    assert plain(parse(Source("spec", dump(spec)))) == spec
    graph = graph_of(spec, tmp_path_factory.getbasetemp())
    again = graph_of(dict(origin_of(graph).spec), tmp_path_factory.getbasetemp(), "again.yaml")
    assert described(again) == described(graph) and again.cost == graph.cost
    assert again.origin and graph.origin and again.origin.hash == graph.origin.hash and not diff(graph, again)


@RUNS
@given(specs(), specs())
def test_a_diff_of_any_two_specs_applied_to_the_one_gives_the_other(
    tmp_path_factory: Any, one: Json, other: Json
) -> None:
    from tests.analysis.test_diff import check_law

    folder = tmp_path_factory.getbasetemp()
    check_law(graph_of(one, folder, "one.yaml"), graph_of(other, folder, "other.yaml"))


@RUNS
@given(specs(), st.data())
def test_a_variant_equals_the_same_edit_by_hand(tmp_path_factory: Any, spec: Json, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    name = data.draw(st.sampled_from(sorted(spec["graph"])))
    node = spec["graph"][name]
    edits: list[Json] = [{"repeat": 1}, {"doc": "a word"}, {"when": True}] if "repeat" not in node else [{"repeat": 2}]
    edit = data.draw(st.sampled_from(edits))
    by_hand = {**spec, "graph": {**spec["graph"], name: {**node, **edit}}}
    variant = {**spec, "variants": {"v": {"graph": {name: edit}}}}
    child = {"archspec": 1, "name": "random", "extends": "base.yaml", "graph": {name: edit}}
    try:
        wanted = graph_of(by_hand, folder)
    except SpecError:  # not every block can be repeated
        return
    graph_of(spec, folder, "base.yaml")
    graph_of(variant, folder, "variant.yaml")
    settings_ = [f"graph.{name}.{key}={dump(value).strip()}" for key, value in edit.items()]
    for found in (load(folder / "variant.yaml", "v"), graph_of(child, folder, "child.yaml"),
                  load(folder / "base.yaml", overrides=settings_)):  # fmt: skip
        assert described(found) == described(wanted) and found.cost == wanted.cost
