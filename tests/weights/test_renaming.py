"""Renaming rules: what a line says, what is wrong with a file, and laws over every file beside the specs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, fx

import archspec
from archspec.errors import SpecError
from archspec.language import open_spec, packaged_specs
from archspec.weights import Dialect, dialects, export_state_dict, identity, load_weights
from tests.support.attack.bombs import BOMBS
from tests.support.origins import origin_of
from tests.support.work import soon

QKV = ("b.0.q.weight", "b.0.k.weight", "b.0.v.weight")
LINES: list[tuple[str, tuple[str, ...], list[tuple[tuple[str, ...], tuple[str, ...]]]]] = [
    ("cls.token: cls_token", ("cls.token",), [(("cls.token",), ("cls_token",))]),
    ("a.{p}: b.{p}", ("a.bias", "a.x.bias"), [(("a.bias",), ("b.bias",))]),
    ("a.{i}.x: b.{i-1}.x", ("a.7.x", "a.seven.x"), [(("a.7.x",), ("b.6.x",))]),
    ("s{s}.{j}.x: l.{2*j + sum(depths[:s])}", ("s2.3.x",), [(("s2.3.x",), ("l.11",))]),
    ("a.x: b.{'conv' if conv else 'linear'}.x", ("a.x",), [(("a.x",), ("b.conv.x",))]),
    ("a.{*}: b.{*}", ("a.b.c",), [(("a.b.c",), ("b.b.c",))]),
    ("m.{i}.{i}: n.{i}", ("m.1.1", "m.1.2"), [(("m.1.1",), ("n.1",))]),
    ("b.{i}.qkv: l.{i}.{q,k,v}.w", ("b.0.qkv",), [(("b.0.qkv",), ("l.0.q.w", "l.0.k.w", "l.0.v.w"))]),
    ("b.{i}.{q,k,v}.{p}: l.{i}.qkv.{p}", QKV, [(QKV, ("l.0.qkv.weight",))]),
    (
        "b.{i}.{q,k,v}.{p}: l.{i}.{query,key,value}.{p}",
        QKV,
        [((ours,), (f"l.0.{word}.weight",)) for ours, word in zip(QKV, ("query", "key", "value"), strict=True)],
    ),
    ('t: {name: ["{x,y}_token", z], axis: 1}', ("t",), [(("t",), ("x_token", "y_token", "z"))]),
]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("line", "ours", "links"), LINES, ids=[line for line, *_ in LINES])
def test_a_line_says(
    line: str, ours: tuple[str, ...], links: list[tuple[tuple[str, ...], tuple[str, ...]]], tmp_path: Path
) -> None:
    found = dialects(written(tmp_path, f"them:\n  rules:\n    {line}\n"))["them"]
    made = found.links(ours, {"depths": (1, 4, 16), "conv": True})
    assert [(link.ours, link.theirs) for link in made] == links


def test_a_rule_with_a_rest_gives_way(tmp_path: Path) -> None:
    text = "them:\n  rules:\n    a.{*}: b.{*}\n    a.x.{*}: c.{*}\n    a.x.y.{p}: d.{p}\n"
    made = dialects(written(tmp_path, text))["them"].links(["a.y.w", "a.x.w", "a.x.y.w"], {})
    assert [link.theirs for link in made] == [("b.y.w",), ("c.w",), ("d.w",)]


def test_like_takes_the_rules_of_another_source_and_own_ones_win(tmp_path: Path) -> None:
    written(tmp_path, "base:\n  rules: {a.x: b.x, a.y: b.y}\n  drop: junk.{i}\n")
    other = tmp_path / "other.yaml"
    other.write_text("one:\n  like: rules.yaml#base\n  rules: {a.y: c.y}\ntwo: {like: one}\n", encoding="utf-8")
    for name in ("one", "two"):
        dialect = dialects(other)[name]
        assert {link.theirs for link in dialect.links(["a.x", "a.y"], {})} == {("b.x",), ("c.y",)}
        assert dialect.drops_name("junk.3") and not dialect.drops_name("junk.x")


FAULTS = [
    ("them: 3", 1, "them takes a mapping"),
    ("them:\n  rule: {}", 2, "no key rule"),
    ("them:\n  rules:\n    a: {from: b}", 3, "no key from"),
    ("them:\n  rules:\n    a.{x}: 3", 3, "a name is a text"),
    ("them:\n  rules:\n    a.{index}: b", 3, "{index} catches nothing"),
    ("them:\n  rules:\n    a.{x,y}: b.{x,y,z}", 3, "2 of ours cannot come from 3 of theirs"),
    ("them:\n  rules:\n    a: {name: b, rearrange: o i}", 3, "rearrange takes a pattern"),
    ("them:\n  rules:\n    a: {name: b, axis: one}", 3, "axis takes a whole number"),
    ("them:\n  rules:\n    a: {name: b, parts: [1, 2]}", 3, "parts takes a number for each of theirs"),
    ("them: {like: us}", 1, "no source us"),
    ("them: {like: us}\nus: {like: them}", 2, "like each other"),
    ("them: {like: ../x.yaml#us}", 1, "no file beside this one"),
    ('us: {}\nthem: {like: us, within: "a{i}"}', 2, "within takes a name, without braces"),
    ("them: {resampling: linear}", 1, "resampling is bicubic or antialiased, got 'linear'"),
    ("them: {edition_of: us}", 1, "them is an edition of us, which is no other source of rules.yaml"),
    ("them: {edition_of: them}", 1, "them is an edition of them, which is no other source"),
]


def test_within_puts_the_names_of_another_source_below_a_prefix(tmp_path: Path) -> None:
    text = "base:\n  rules: {a.x: b.x, c: d}\n  drop: [e]\nthem: {like: base, within: s.t, rules: {c: f}, drop: [g]}\n"
    them = dialects(written(tmp_path, text))["them"]
    assert [(link.ours, link.theirs) for link in them.links(["a.x", "c"], {})] == [
        (("a.x",), ("s.t.b.x",)),
        (("c",), ("f",)),
    ]
    assert [them.drops_name(name) for name in ("s.t.e", "e", "g", "s.t.g")] == [True, False, True, False]


@pytest.mark.parametrize(("text", "line", "message"), FAULTS, ids=[message for *_, message in FAULTS])
def test_a_fault_is_shown_at_its_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        dialects(written(tmp_path, text))
    problem = caught.value.problems[0]
    assert message in problem.message
    assert problem.mark and problem.mark.line == line


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "message"), [("braces", "more than 10,000 names"), ("likes", "s0 is like more than 20 sources")]
)
def test_rules_without_end_are_refused_in_bounded_work(name: str, message: str, tmp_path: Path) -> None:
    make, size = BOMBS[name]
    for file, text in make(size).files.items():
        (tmp_path / file).write_text(text)

    def answer() -> str:
        with pytest.raises(SpecError) as caught:
            dialects(tmp_path / "w.yaml")
        return str(caught.value)

    assert message in soon(answer)


@pytest.mark.parametrize("backwards", [False, True])
def test_twenty_sources_may_be_like_each_other_in_a_row(backwards: bool, tmp_path: Path) -> None:
    def chain(number: int) -> str:
        lines = [f"s{place}: {{like: s{place + 1}}}\n" for place in range(number)]
        lines.append(f"s{number}: {{rules: {{a: b}}}}\n")
        return "".join(reversed(lines) if backwards else lines)

    assert dialects(written(tmp_path, chain(20)))["s0"].links(["a"], {})
    with pytest.raises(SpecError, match="s0 is like more than 20 sources"):
        dialects(written(tmp_path, chain(21)))


def test_names_that_sources_take_over_count_too(tmp_path: Path) -> None:
    rules = "".join(f"    a{number}: b{number}\n" for number in range(900))
    text = f"s:\n  rules:\n{rules}" + "".join(f"t{number}: {{like: s}}\n" for number in range(8))
    assert len(dialects(written(tmp_path, text))) == 9
    with pytest.raises(SpecError, match="more than 10,000 names"):
        dialects(written(tmp_path, f"{text}u: {{like: s}}\nv: {{like: s}}\n"))


def test_more_comparisons_than_end_soon_are_refused(tmp_path: Path) -> None:
    rules = "".join(f"    a{number}: b{number}\n" for number in range(900))
    dialect = dialects(written(tmp_path, f"s:\n  rules:\n{rules}"))["s"]
    with pytest.raises(SpecError, match="900 patterns and 3,000 tensors"):
        dialect.links([f"x{number}" for number in range(3_000)], {})


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_patterns_do_not_try_all_ways_to_share_digits(tmp_path: Path) -> None:
    letters = "abcdefghijklmnoqrstuvwxyz"
    pattern = "".join(f"{{{letter}}}" for letter in letters)
    dialect = dialects(written(tmp_path, f"s:\n  rules: {{'{pattern}!': b}}\n  drop: '{{*}}.{{p}}!'\n"))["s"]
    assert soon(lambda: dialect.links(["1" * 60], {})) == []
    assert soon(lambda: dialect.drops_name("a." * 100_000)) is False


CLASHES = [
    ("{'a.{p}': 'b.{p}', a.x: c}", "a.x is matched by two rules"),
    ("{a.x: b, a.y: b}", "b would make both a.x and a.y"),
    ("{a.x: 'b.{nowhere}'}", "nowhere"),
]


@pytest.mark.parametrize(("rules", "message"), CLASHES)
def test_a_clash_is_shown_at_its_line(rules: str, message: str, tmp_path: Path) -> None:
    found = dialects(written(tmp_path, f"them:\n  rules: {rules}\n"))["them"]
    with pytest.raises(SpecError) as caught:
        found.links(["a.x", "a.y"], {})
    assert message in str(caught.value) and "rules.yaml:2:" in str(caught.value)


# -- laws over the files beside the specs ------------------------------------------------------------------------------

Model = tuple[Path, str | None]
Named = tuple[tuple[str, ...], dict[str, Any], tuple[str, ...]]


def rules_of(path: Path) -> Path | None:
    """The file of rules that a spec names."""
    rules = origin_of(archspec.load(path)).weights
    return Path(rules).resolve() if rules else None


SPECS = {path: rules for path in packaged_specs() if (rules := rules_of(path))}
SOURCES = [
    pytest.param(rules, dialect, id=f"{rules.stem}-{dialect.name}")
    for rules in dict.fromkeys(SPECS.values())
    for dialect in dialects(rules).values()
]


@cache
def models(rules: Path) -> dict[Model, Named]:
    """What a file of rules is for, by model: our tensors' names, the spec's parameters, the buffers that are not saved.

    Of variants that differ in sizes only there is the first.
    """
    found: dict[tuple[str, ...], tuple[Model, tuple[dict[str, Any], tuple[str, ...]]]] = {}
    for path in (path for path in SPECS if SPECS[path] == rules):
        for variant in open_spec(path).variants or (None,):
            graph = archspec.load(path, variant)
            model = archspec.build(graph, device="meta")
            keys = tuple(model.state_dict())
            outside = tuple(name for name, _ in model.named_buffers() if name not in keys)
            found.setdefault(keys, ((path, variant), (dict(origin_of(graph).params), outside)))
    return {model: (keys, *more) for keys, (model, more) in found.items()}


@pytest.mark.parametrize(("rules", "dialect"), SOURCES)
def test_every_rule_is_for_some_model(rules: Path, dialect: Dialect) -> None:
    used = {
        str(link.mark)
        for keys, params, outside in models(rules).values()
        for link in dialect.links([*keys, *filter(dialect.spells, outside)], params)
    }
    assert [str(rule.mark) for rule in dialect.rules if str(rule.mark) not in used] == []


SMALLER = {"t2t_vit_article": ["params.windows=[[3, 4], [2, 2], [2, 2]]"]}
"""Of 743 million parameters as the article has it."""


@pytest.mark.parametrize(("rules", "dialect"), SOURCES)
def test_what_is_exported_comes_back(rules: Path, dialect: Dialect) -> None:
    """For the smallest model all of whose tensors the source has a name for; no two have the same, or it would say."""
    covered = [
        model
        for model, (keys, params, _) in models(rules).items()
        if {name for link in dialect.links(keys, params) for name in link.ours} == set(keys)
    ]
    path, variant = min(covered, key=lambda model: archspec.load(*model).cost.params)
    settings = SMALLER.get(str(variant), [])
    ours = archspec.build(path, variant, settings)
    for place, tensor in enumerate(ours.state_dict().values()):
        tensor.copy_(torch.arange(tensor.numel()).view(tensor.shape) % 251 + place)
    theirs = export_state_dict(ours, dialect.name)
    again = archspec.build(path, variant, settings)
    report = load_weights(again, theirs, dialect.name)
    assert report.filled == report.params and not report.warnings
    assert_equal(again, ours)


def assert_equal(one: fx.GraphModule, other: fx.GraphModule) -> None:
    wanted: dict[str, Tensor] = other.state_dict()
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, wanted[name]), name


def test_our_own_names_are_a_source() -> None:
    assert [link.theirs for link in identity().links(["a.b", "c"], {})] == [("a.b",), ("c",)]
