"""Specs that are small and take long: each a function of a size n, with the command that is to be slow on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.attack.grammar import emit

TINY = (
    "archspec: 1\nname: tiny\ninputs: {x: {features: 4}}\ngraph: {a: {block: linear, features: 4}}\noutputs: {y: a}\n"
)
SUMS = " + ".join(["sum(range(9999))"] * 5)


@dataclass(frozen=True)
class Bomb:
    """Files by name, and the command's words; the spec is `spec.yaml` in the folder that the command runs in."""

    files: dict[str, str]
    words: tuple[str, ...] = ("validate", "spec.yaml")


def _spec(words: tuple[str, ...] = ("validate", "spec.yaml"), **parts: Any) -> Bomb:
    data: dict[str, Any] = {"archspec": 1, "name": "bomb", "inputs": {"x": {"features": 4}}}
    data |= {"graph": {"a": {"block": "linear", "features": 4}}, "outputs": {"y": "a"}}
    return Bomb({"spec.yaml": emit({**data, **parts})[0]}, words)


def sums(n: int) -> Bomb:
    """n params, each five sums of a long range."""
    return _spec(params={f"p{number}": f"$({SUMS})" for number in range(n)})


def lists(n: int) -> Bomb:
    """n params that are one list."""
    return _spec(params={"long": "$(range(9999))"} | {f"p{number}": "$long" for number in range(n)})


def long_lists(n: int) -> Bomb:
    """n params, each another list of as many items as one evaluation may have."""
    return _spec(params={f"p{number}": f"$(range({number}, {number} + 9999))" for number in range(n)})


def shared_reads(n: int) -> Bomb:
    """n params, each read by the two behind it: more than 1.6ⁿ ways from the last one to the first."""
    params: dict[str, Any] = {"p0": 1, "p1": "$p0"}
    params |= {f"p{number}": f"$(p{number - 1} + p{number - 2} * 0)" for number in range(2, n)}
    return _spec(("explain", "spec.yaml", f"params.p{n - 1}"), params=params)


def deep_reads(n: int) -> Bomb:
    """n params, each read by the one before it."""
    params: dict[str, Any] = {f"p{number}": f"$p{number + 1}" for number in range(n - 1)}
    return _spec(("explain", "spec.yaml", "params.p0"), params=params | {f"p{n - 1}": 1})


def long_title(n: int) -> Bomb:
    """A title of n words."""
    return _spec(("render", "spec.yaml", "-o", "out.svg"), title="word " * n)


def long_word(n: int) -> Bomb:
    """A title of one word of n letters."""
    return _spec(("render", "spec.yaml", "-o", "out.svg"), title="x" * n)


def parallel(n: int) -> Bomb:
    """n branches side by side."""
    graph: dict[str, Any] = {f"b{number}": {"block": "linear", "features": 4, "from": "x"} for number in range(n)}
    graph["sum"] = {"block": "add", "from": [f"b{number}" for number in range(n)]}
    return _spec(("render", "spec.yaml", "-o", "out.svg"), graph=graph, outputs={"y": "sum"})


def dense(n: int) -> Bomb:
    """n nodes, each reading all before it."""
    graph: dict[str, Any] = {"a0": {"block": "layer_norm"}, "a1": {"block": "layer_norm"}}
    for number in range(2, n):
        graph[f"a{number}"] = {"block": "add", "from": [f"a{other}" for other in range(number)]}
    return _spec(("render", "spec.yaml", "-o", "out.svg"), graph=graph, outputs={"y": f"a{n - 1}"})


def chain(n: int) -> Bomb:
    """n nodes in a row, validated."""
    graph = {f"a{number}": {"block": "layer_norm"} for number in range(n)}
    return _spec(graph=graph, outputs={"y": f"a{n - 1}"})


def chain_drawn(n: int) -> Bomb:
    """n nodes in a row, drawn."""
    return Bomb(chain(n).files, ("render", "spec.yaml", "-o", "out.svg"))


def after(n: int) -> Bomb:
    """A variant with n new nodes, each put after the next."""
    graph: dict[str, Any] = {
        f"b{number}": {"block": "layer_norm", "after": f"b{number + 1}" if number < n - 1 else "a"}
        for number in range(n)
    }
    return _spec(("validate", "spec.yaml", "--variant", "long"), variants={"long": {"graph": graph}})


def absent(n: int) -> Bomb:
    """n nodes that are not there, and a node that reads through them."""
    graph: dict[str, Any] = {f"a{number}": {"block": "layer_norm", "when": False} for number in range(n)}
    graph |= {f"b{number}": {"block": "linear", "features": 4, "from": f"a{n - 1}"} for number in range(n)}
    graph["sum"] = {"block": "add", "from": [f"b{number}" for number in range(n)]}
    return _spec(graph=graph, outputs={"y": "sum"})


def near_names(n: int) -> Bomb:
    """n params whose names are all near to the one that is misspelt."""
    params: dict[str, Any] = {f"parameter_{number:06}": 1 for number in range(n)}
    return _spec(params=params, graph={"a": {"block": "linear", "features": "$parameter_00000x"}})


def near_nodes(n: int) -> Bomb:
    """n nodes that each read a name which is near to all of them."""
    graph: dict[str, Any] = {
        f"node_{number:06}": {"block": "layer_norm", "from": f"nodq_{number:06}"} for number in range(n)
    }
    return _spec(graph=graph, outputs={"y": "node_000000"})


def braces(n: int) -> Bomb:
    """A rule of renaming with n alternatives of two: 2ⁿ names."""
    rules = "official:\n  rules:\n    a.{p}: '" + "{a,b}" * n + ".{p}'\n"
    return Bomb(
        {"spec.yaml": TINY + "weights: w.yaml\n", "w.yaml": rules}, ("weights", "spec.yaml", "foreign.safetensors")
    )


def likes(n: int) -> Bomb:
    """n sources of weights, each like the next."""
    sources = [f"s{number}: {{like: s{number + 1}}}\n" for number in range(n - 1)]
    rules = "".join(sources) + f"s{n - 1}:\n  rules:\n    a.{{p}}: b.{{p}}\n"
    return Bomb(
        {"spec.yaml": TINY + "weights: w.yaml\n", "w.yaml": rules}, ("weights", "spec.yaml", "foreign.safetensors")
    )


def heavy_rules(n: int) -> Bomb:
    """A rule of renaming that computes five sums of a long range for each of n layers."""
    rules = f"official:\n  rules:\n    a.{{i}}.{{p}}: 'b.{{i + {SUMS}}}.{{p}}'\n"
    text = TINY.replace("{block: linear,", f"{{repeat: {n}, block: linear,") + "weights: w.yaml\n"
    return Bomb({"spec.yaml": text, "w.yaml": rules}, ("weights", "spec.yaml", "foreign.safetensors"))


def records(n: int) -> Bomb:
    """An SVG with n beginnings of a record of its command."""
    return Bomb(
        {"spec.yaml": TINY, "out.svg": "<svg>" + "<metadata>archspec render " * n}, ("render", "--check", "out.svg")
    )


def nested_blocks(n: int) -> Bomb:
    """n blocks written in YAML, each made of the next."""
    blocks: dict[str, Any] = {f"b{number}": {"graph": {"in_": {"block": f"b{number + 1}"}}} for number in range(n)}
    blocks[f"b{n}"] = {"graph": {"in_": {"block": "layer_norm"}}}
    return _spec(blocks=blocks, graph={"a": {"block": "b0"}})


def doubling_blocks(n: int) -> Bomb:
    """n blocks written in YAML, each made of the next twice: 2ⁿ nodes."""
    blocks: dict[str, Any] = {
        f"b{number}": {"graph": {"one": {"block": f"b{number + 1}"}, "two": {"block": f"b{number + 1}"}}}
        for number in range(n)
    }
    blocks[f"b{n}"] = {"graph": {"in_": {"block": "layer_norm"}}}
    return _spec(blocks=blocks, graph={"a": {"block": "b0"}})


def repeats(n: int) -> Bomb:
    """A repeat of n whose rate of drop path differs in each."""
    layer = {"block": "dropout", "rate": "$(i / (n + 1))", "repeat": n}
    return _spec(graph={"a": layer})


def aliases(n: int) -> Bomb:
    """n lists, each of ten times the one before it."""
    lines = ["a0: &a0 [1, 1]"] + [
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, n)
    ]
    return Bomb({"spec.yaml": TINY + "params:\n" + "".join(f"  {line}\n" for line in lines)})


def brackets(n: int) -> Bomb:
    """A value in n brackets."""
    return Bomb({"spec.yaml": TINY + "params: {a: " + "[" * n + "]" * n + "}\n"})


def variants(n: int) -> Bomb:
    """n variants, each of which changes one param."""
    return _spec(
        ("validate", "spec.yaml", "--all", "-q"),
        params={"p": 1},
        variants={f"v{number}": {"params": {"p": number}} for number in range(n)},
    )


def heavy_variants(n: int) -> Bomb:
    """n variants of a spec with three params that are five sums of a long range."""
    params: dict[str, Any] = {f"p{number}": f"$({SUMS})" for number in range(3)}
    over = {f"v{number}": {"params": {"p0": number}} for number in range(n)}
    return _spec(("validate", "spec.yaml", "--all", "-q"), params=params, variants=over)


def long_variants(n: int) -> Bomb:
    """n variants of a spec with n nodes, each of another number of features."""
    graph = {f"a{number}": {"block": "linear", "features": 4 + number} for number in range(n)}
    over = {f"v{number}": {"title": f"{number}"} for number in range(n)}
    words = ("validate", "spec.yaml", "--all", "-q")
    return _spec(words, graph=graph, outputs={"y": f"a{n - 1}"}, variants=over)


def shares(n: int) -> Bomb:
    """n nodes that share the weights of one, and as many that share those of one that is not there."""
    graph: dict[str, Any] = {"a": {"block": "linear", "features": 4}}
    graph |= {f"b{number}": {"share": "a"} for number in range(n)}
    graph |= {f"c{number}": {"share": "nowhere"} for number in range(n)}
    return _spec(graph=graph, outputs={"y": "a"})


def unused_blocks(n: int) -> Bomb:
    """n blocks written in YAML that nothing places."""
    body = {"in_": {"block": "linear", "features": "$k"}}
    return _spec(blocks={f"b{number}": {"params": {"k": 1}, "graph": body} for number in range(n)})


def library(n: int) -> Bomb:
    """n variants of a spec that uses a file of n blocks."""
    over = {f"v{number}": {"title": f"{number}"} for number in range(n)}
    bomb = _spec(("validate", "spec.yaml", "--all", "-q"), use=["blocks.yaml"], variants=over)
    body = {"in_": {"block": "layer_norm"}}
    blocks = {"archspec": 1, "blocks": {f"b{number}": {"graph": body} for number in range(n)}}
    return Bomb({**bomb.files, "blocks.yaml": emit(blocks)[0]}, bomb.words)


def circular_reads(n: int) -> Bomb:
    """n params, each of which reads the next, and the last the first."""
    params = {f"p{number}": f"$p{(number + 1) % n}" for number in range(n)}
    return _spec(("explain", "spec.yaml", "params.p0"), params=params)


def doubled_lists(n: int) -> Bomb:
    """n params, each a list that holds the one before it twice."""
    params: dict[str, Any] = {"p0": [1]} | {f"p{number}": [f"$p{number - 1}"] * 2 for number in range(1, n)}
    return _spec(params=params)


def nested_lists(n: int) -> Bomb:
    """n params, each a list that holds the one before it."""
    params: dict[str, Any] = {"p0": [1]} | {f"p{number}": [f"$p{number - 1}"] for number in range(1, n)}
    return _spec(params=params)


def doubled_slots(n: int) -> Bomb:
    """n blocks written in YAML, each of which puts the block in its slot twice into the slot of the next."""
    blocks: dict[str, Any] = {
        f"b{number}": {
            "params": {"s": "slot"},
            "graph": {"in_": {"block": f"b{number + 1}", "s": {"block": "pair", "a": "$s", "b": "$s"}}},
        }
        for number in range(n)
    }
    blocks[f"b{n}"] = {"params": {"s": "slot"}, "graph": {"in_": {"block": "$s"}}}
    blocks["pair"] = {
        "params": {"a": "slot", "b": "slot"},
        "graph": {"one": {"block": "$a"}, "two": {"block": "$b"}},
    }
    return _spec(blocks=blocks, graph={"a": {"block": "b0", "s": {"block": "layer_norm"}}})


def long_defaults(n: int) -> Bomb:
    """A block with a parameter of 10·n items, n times with another value of its second one."""
    block = {"params": {"long": [1] * (10 * n), "k": "int"}, "graph": {"in_": {"block": "layer_norm"}}}
    return _spec(blocks={"b": block}, graph={"a": {"block": "b", "k": "$i", "repeat": n}})


def expressions(n: int) -> Bomb:
    """n params, each another sum of 96 numbers."""
    return _spec(params={f"p{number}": f"$({number}{'+1' * 95})" for number in range(n)})


def expected_sums(n: int) -> Bomb:
    """An output of n dimensions, each expected to be five sums of a long range."""
    return _spec(expect={"outputs": {"y": [f"$({SUMS})"] * n}})


def misspelt_params(n: int) -> Bomb:
    """A variant that sets n params, each of a name that is near to all others."""
    params = {f"parameter_{number:06}": 1 for number in range(n)}
    over = {f"paramqter_{number:06}": 1 for number in range(n)}
    return _spec(("validate", "spec.yaml", "--variant", "v"), params=params, variants={"v": {"params": over}})


def behind_one(n: int) -> Bomb:
    """A variant with n new nodes, all put after one."""
    graph: dict[str, Any] = {f"b{number}": {"block": "layer_norm", "after": "a"} for number in range(n)}
    return _spec(("validate", "spec.yaml", "--variant", "long"), variants={"long": {"graph": graph}})


BOMBS: dict[str, tuple[Callable[[int], Bomb], int]] = {
    "sums": (sums, 300),
    "lists": (lists, 20_000),
    "long lists": (long_lists, 2_000),
    "shared reads": (shared_reads, 40),
    "deep reads": (deep_reads, 2_000),
    "long title": (long_title, 20_000),
    "long word": (long_word, 100_000),
    "parallel": (parallel, 300),
    "dense": (dense, 60),
    "chain": (chain, 4_000),
    "chain drawn": (chain_drawn, 1_000),
    "after": (after, 4_001),
    "absent": (absent, 5_000),
    "near names": (near_names, 40_000),
    "near nodes": (near_nodes, 2_000),
    "heavy rules": (heavy_rules, 200),
    "heavy variants": (heavy_variants, 300),
    "long variants": (long_variants, 2_000),
    "shares": (shares, 5_000),
    "unused blocks": (unused_blocks, 4_000),
    "library": (library, 200),
    "braces": (braces, 25),
    "likes": (likes, 3_000),
    "records": (records, 40_000),
    "nested blocks": (nested_blocks, 151),
    "doubling blocks": (doubling_blocks, 20),
    "repeats": (repeats, 2_000),
    "aliases": (aliases, 10),
    "brackets": (brackets, 20_000),
    "variants": (variants, 200),
    "circular reads": (circular_reads, 3_000),
    "doubled lists": (doubled_lists, 40),
    "nested lists": (nested_lists, 2_000),
    "doubled slots": (doubled_slots, 40),
    "long defaults": (long_defaults, 4_500),
    "expressions": (expressions, 5_000),
    "expected sums": (expected_sums, 500),
    "misspelt params": (misspelt_params, 10_000),
    "behind one": (behind_one, 8_000),
}
"""Every bomb and the size at which it is thrown."""
