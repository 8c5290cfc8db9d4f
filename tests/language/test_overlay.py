from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.errors import Problem, Source, SpecError
from archspec.language import overlay_of
from archspec.language.document import Fields, Leaf, locate, parse, plain
from archspec.language.document.write import dump
from archspec.language.overlay import merge

BASE = """
params: {dim: 64, depth: 2, attention: re_attention}
inputs: {image: {channels: 3}}
graph:
  stem: {block: conv, out: $dim, kernel: [3, 3], from: image}
  body: {block: encoder, attention: re_attention, mlp: {block: mlp, ratio: 4}, repeat: $depth}
  head: {block: linear}
blocks: {own: {params: {k: 1}, graph: {a: {block: x}}}}
"""
TOP = frozenset({"params", "graph", "expect", "title", "inputs", "blocks", "defaults"})


def tree_of(text: str, name: str = "base.yaml") -> Fields:
    return parse(Source(name, text))


def merged(over: str) -> tuple[Fields, list[Problem]]:
    problems: list[Problem] = []
    return merge(tree_of(BASE), tree_of(over, "over.yaml"), problems, top=TOP), problems


def after(over: str, *path: str) -> Any:
    tree, problems = merged(over)
    assert not problems, problems[0]
    found = locate(tree, path)
    return None if found is None else plain(found)


RULES: list[tuple[str, tuple[str, ...], Any]] = [
    ("params: {dim: 96}", ("params", "dim"), 96),
    ("params: {dim: 96}", ("params", "depth"), 2),
    ("graph: {stem: {kernel: [5, 5]}}", ("graph", "stem", "kernel"), [5, 5]),
    ("graph: {stem: {stride: 2}}", ("graph", "stem", "stride"), 2),
    ("graph: {head: null}", ("graph", "head"), None),
    ("graph: {head: {block: mean_pool}}", ("graph", "head"), {"block": "mean_pool"}),
    ("graph: {stem: {block: conv, out: 1}}", ("graph", "stem", "from"), "image"),
    ("graph: {stem: {from: {x: image}}}", ("graph", "stem", "from"), {"x": "image"}),
    ("graph: {body: {attention: {heads: 6}}}", ("graph", "body", "attention"), {"block": "re_attention", "heads": 6}),
    ("graph: {body: {attention: {block: b, heads: 6}}}", ("graph", "body", "attention"), {"block": "b", "heads": 6}),
    ("graph: {body: {mlp: {ratio: 3}}}", ("graph", "body", "mlp"), {"block": "mlp", "ratio": 3}),
    ("graph: {body: {mlp: {block: conv_mlp}}}", ("graph", "body", "mlp"), {"block": "conv_mlp"}),
    ("graph: {body: {mlp: null}}", ("graph", "body", "mlp"), None),
    (
        "blocks: {own: {graph: {b: {block: y, before: a}}}}",
        ("blocks", "own", "graph"),
        {"b": {"block": "y"}, "a": {"block": "x"}},
    ),
    ("expect: {params: 7}", ("expect", "params"), 7),
]

ORDERS = [
    ("x: {block: a}", "stem body head x"),
    ("x: {block: a, after: stem}", "stem x body head"),
    ("x: {block: a, before: stem}", "x stem body head"),
    ("x: {block: a, after: stem}\n  y: {block: a, after: stem}", "stem x y body head"),
    ("x: {block: a, after: stem}\n  z: {block: a, after: x}\n  y: {block: a, after: stem}", "stem x z y body head"),
    ("x: {block: a, before: head}\n  y: {block: a, before: head}", "stem body x y head"),
    ("x: {block: a, after: y}\n  y: {block: a, after: stem}", "stem y x body head"),
    ("body: null\n  x: {block: a, after: body}", "stem x head"),
]

FAULTS = [
    ("params: {dmi: 1}", "override-miss", "params.dmi is not there", "did you mean dim?"),
    ("grph: {}", "override-miss", "grph is not there", "did you mean graph?"),
    (
        "graph: {bdy: {repeat: 3}}",
        "override-miss",
        "graph.bdy is not there, and a new node says its block",
        "did you mean body?",
    ),
    (
        "graph: {body: {drop: null}}",
        "override-miss",
        "graph.body.drop is not there, so it cannot be removed",
        "there are block",
    ),
    ("inputs: {img: {size: 3}}", "override-miss", "inputs.img is not there", "image"),
    ("graph: {stem: {kernel: {0: 5}}}", "override-miss", "graph.stem.kernel is a list", "set the whole list"),
    ("blocks: {own: {params: {z: 1}}}", "override-miss", "blocks.own.params.z is not there", "there are k"),
    (
        "graph: {x: {block: a, after: bod}}",
        "override-order",
        "x says after: bod, but there is no node bod",
        "did you mean body?",
    ),
    ("graph: {x: {block: a, after: stem, before: head}}", "override-order", "x says both after and before", "keep one"),
    ("graph: {x: {block: a, after: [stem]}}", "override-order", "x says after without the name of one node", ""),
    ("graph: {x: {block: a, after: x}}", "override-order", "x says after: x", ""),
    (
        "graph: {body: {after: stem}}",
        "override-order",
        "body is there already, so it cannot say after",
        "only a new node",
    ),
]


@pytest.mark.parametrize(("over", "path", "value"), RULES, ids=lambda x: str(x)[:40])
def test_merge_follows_the_one_rule(over: str, path: tuple[str, ...], value: Any) -> None:
    assert after(over, *path) == value


@pytest.mark.parametrize(("nodes", "order"), ORDERS)
def test_new_nodes_stand_where_they_say(nodes: str, order: str) -> None:
    graph = after(f"graph:\n  {nodes}", "graph")
    assert list(graph) == order.split() and not any({"after", "before"} & set(node) for node in graph.values())


@pytest.mark.parametrize(("over", "code", "message", "help"), FAULTS, ids=lambda x: str(x)[:40])
def test_override_that_hits_nothing_is_told(over: str, code: str, message: str, help: str) -> None:
    _, (problem,) = merged(over)
    assert problem.code == code and problem.message.startswith(message) and help in (problem.help or "")
    assert problem.mark and problem.mark.source.name == "over.yaml"


def test_what_was_replaced_is_kept_oldest_first() -> None:
    problems: list[Problem] = []
    tree = tree_of(BASE)
    for setting in ("params.dim=96", "params.dim=128"):
        tree = merge(tree, overlay_of(setting), problems)
    dim = locate(tree, ["params", "dim"])
    assert isinstance(dim, Leaf) and not problems
    assert [dim.value, *(old.value for old in dim.earlier if isinstance(old, Leaf))] == [128, 64, 96]
    assert plain(tree_of(BASE))["params"]["dim"] == 64


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from("abc"), st.integers(-99, 99) | st.lists(st.integers(-99, 99), max_size=2), max_size=3
    )
)
def test_merge_laws(data: dict[str, Any]) -> None:
    problems: list[Problem] = []
    empty, tree = tree_of("{}"), tree_of(dump(data))
    keys = frozenset("abc")
    assert plain(merge(tree, empty, problems)) == plain(merge(empty, tree, problems, top=keys)) == data
    assert plain(merge(tree, tree, problems)) == data and not problems


def test_setting_marks_point_into_it() -> None:
    tree = overlay_of("graph.stem.kernel=[3, 5]")
    item = locate(tree, ["graph", "stem", "kernel", 1])
    assert isinstance(item, Leaf) and (item.value, str(item.mark)) == (5, "--set:1:23")
    assert (tree.keys["graph"].column, tree.keys["graph"].end_column) == (1, 6)
    assert plain(overlay_of("a=x=y")) == {"a": "x=y"} and plain(overlay_of("a.b = 1e-6")) == {"a": {"b": 1e-6}}
    assert plain(overlay_of("a=null")) == {"a": None} and plain(overlay_of("a=''")) == {"a": ""}


@pytest.mark.parametrize("setting", ["", "a", "a=", "=1", "a..b=1", "a.=1", ".".join("a" * 99) + "=1"])
def test_setting_without_key_or_value_is_a_usage_fault(setting: str) -> None:
    with pytest.raises(SpecError) as caught:
        overlay_of(setting)
    assert [problem.code for problem in caught.value.problems] == ["usage-set"]


@settings(deadline=None, max_examples=200)
@given(st.text() | st.tuples(st.text(), st.text()).map("=".join))
def test_any_setting_is_an_overlay_or_a_spec_error(setting: str) -> None:
    try:
        assert isinstance(overlay_of(setting), Fields)
    except SpecError as error:
        assert str(error)


def placed_one_by_one(nodes: dict[str, tuple[str, str]]) -> list[str]:
    """The order by the rule as it is told: of the new nodes whose sibling is there, the first one is put next."""
    order, waiting, last = ["stem", "body", "head"], dict(nodes), dict[str, str]()
    while ready := next((name for name, (_, sibling) in waiting.items() if sibling in order), None):
        side, at = waiting.pop(ready)
        if side == "after":
            while at in last:
                at = last[at]
            last[at] = ready
        order.insert(order.index(at) + (side == "after"), ready)
    return order


NEW = [f"n{number}" for number in range(8)]
PLACES = st.lists(st.tuples(st.sampled_from(["after", "before"]), st.sampled_from(["stem", "body", "head", *NEW])))


@given(PLACES.map(lambda places: dict(zip(NEW, places, strict=False))))
def test_any_new_nodes_stand_where_the_rule_puts_them(nodes: dict[str, tuple[str, str]]) -> None:
    rows = "".join(f"\n  {name}: {{block: a, {side}: {sibling}}}" for name, (side, sibling) in nodes.items())
    tree, problems = merged(f"graph:{rows}" if nodes else "{}")
    assert isinstance(tree.entries["graph"], Fields)
    names, order = list(tree.entries["graph"].entries), placed_one_by_one(nodes)
    assert names[: len(order)] == order and set(names) == {"stem", "body", "head", *nodes}
    assert len(problems) == len(names) - len(order)


def test_faults_stop_at_as_many_as_anybody_reads() -> None:
    with pytest.raises(SpecError) as caught:
        merged("params: {" + ", ".join(f"dim{number}: 1" for number in range(2000)) + "}")
    assert len(caught.value.problems) == 50
