"""The language, feature by feature: small specs, and what the graph or the module made of them must be."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch

import archspec
from archspec.graph import Graph

HEAD = """
archspec: 1
name: small
inputs: {image: {channels: 3, size: 16}}
"""


def graph(text: str, tmp_path: Path, head: str = HEAD, **keywords: Any) -> Graph:
    path = tmp_path / "small.yaml"
    path.write_text(dedent(head) + dedent(text), encoding="utf-8")
    return archspec.load(path, **keywords)


def refused(text: str, tmp_path: Path, head: str = HEAD) -> list[str]:
    """The codes of the problems."""
    with pytest.raises(archspec.SpecError) as caught:
        graph(text, tmp_path, head)
    assert all(problem.mark for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]


LAYER = "{block: encoder_layer, attention: {block: self_attention, heads: 2}"


def test_a_node_reads_the_node_above_it_or_what_it_says(tmp_path: Path) -> None:
    made = graph(
        """
        graph:
          embed: {block: patch_embed, patch: 4, dim: 8}
          left:  {block: mlp}
          right: {block: mlp, from: embed}
          sum:   {block: add, from: [left, right]}
          pool:  {block: mean_pool}
        outputs: {features: pool}
        """,
        tmp_path,
    )
    reads = {name: [ref.node for ref in node.inputs] for name, node in made.nodes.items()}
    assert reads == {
        "embed": ["image"],
        "left": ["embed"],
        "right": ["embed"],
        "sum": ["left", "right"],
        "pool": ["sum"],
    }


def test_nodes_may_stand_in_any_order(tmp_path: Path) -> None:
    made = graph(
        """
        graph:
          pool:  {block: mean_pool, from: late}
          late:  {block: mlp, from: embed}
          embed: {block: patch_embed, from: image, patch: 4, dim: 8}
        outputs: {features: pool}
        """,
        tmp_path,
    )
    assert list(made.nodes) == ["embed", "late", "pool"]


def test_parameters_refer_to_each_other_in_any_order(tmp_path: Path) -> None:
    made = graph(
        """
        params: {hidden: $(dim * ratio), dim: 8, ratio: 3, sizes: {small: [4, 2]}}
        graph:
          embed: {block: patch_embed, patch: "$(sizes.small[0])", dim: $dim}
          mlp:   {block: mlp, hidden: $hidden}
        outputs: {tokens: mlp}
        """,
        tmp_path,
    )
    assert made.find("mlp.fc1").shape.sizes == (16, 24)


def test_every_repetition_sees_its_index_and_the_count(tmp_path: Path) -> None:
    made = graph(
        f"""
        params: {{rate: 0.2}}
        graph:
          embed:  {{block: patch_embed, patch: 4, dim: 8}}
          layers: {LAYER}, repeat: 3, drop_path: $(rate * i / (n - 1))}}
        outputs: {{tokens: layers}}
        """,
        tmp_path,
    )
    rates = [dict(made.find(f"layers.{place}").block)["drop_path"] for place in range(3)]
    assert rates == [0.0, 0.1, 0.2]


@pytest.mark.parametrize(("there", "reads"), [("true", "cls"), ("false", "embed")])
def test_a_node_that_is_off_is_read_through(there: str, reads: str, tmp_path: Path) -> None:
    made = graph(
        f"""
        params: {{cls: {there}}}
        graph:
          embed: {{block: patch_embed, patch: 4, dim: 8}}
          cls:   {{block: class_token, when: $cls}}
          mlp:   {{block: mlp}}
        outputs: {{tokens: mlp}}
        """,
        tmp_path,
    )
    assert made.nodes["mlp"].inputs[0].node == reads
    assert ("cls" in made.nodes) == (there == "true")


def test_shared_weights_are_one_module_and_count_once(tmp_path: Path) -> None:
    made = graph(
        f"""
        graph:
          embed: {{block: patch_embed, patch: 4, dim: 8}}
          once:  {LAYER}}}
          twice: {{share: once, from: once}}
        outputs: {{tokens: twice}}
        """,
        tmp_path,
    )
    alone = made.nodes["once"].cost
    assert made.nodes["twice"].cost.params == 0
    assert made.nodes["twice"].cost.macs == alone.macs
    model = archspec.build(made).eval()
    assert sum(parameter.numel() for parameter in model.parameters()) == made.cost.params
    image = torch.randn(2, 3, 16, 16)
    once, embed = model.get_submodule("once"), model.get_submodule("embed")
    assert torch.equal(model(image), once(once(embed(image))))


def test_ports_are_named_listed_or_told_by_output(tmp_path: Path) -> None:
    made = graph(
        """
        graph:
          embed: {block: patch_embed, patch: 4, dim: 8}
          cls:   {block: class_token}
          parts: {block: split_prefix}
          body:  {block: mlp, from: parts.body}
          join:  {block: join, from: {body: body, front: parts.front}}
        outputs: {tokens: join, body: parts.body}
        """,
        tmp_path,
    )
    assert [(ref.node, ref.port) for ref in made.nodes["join"].inputs] == [("parts", 0), ("body", 0)]
    out = archspec.build(made)(torch.randn(2, 3, 16, 16))
    assert out._fields == ("tokens", "body")
    tokens, body = out
    assert tokens.shape == (2, 17, 8)
    assert body.shape == (2, 16, 8)


def test_a_source_needs_nothing_and_knows_the_batch(tmp_path: Path) -> None:
    made = graph(
        """
        graph:
          embed: {block: patch_embed, patch: 4, dim: 8}
          query: {block: token, from: [], dim: 8, name: query}
          both:  {block: join, from: {front: query, body: embed}}
        outputs: {tokens: both}
        """,
        tmp_path,
    )
    assert archspec.build(made)(torch.randn(5, 3, 16, 16)).shape == (5, 17, 8)


def test_several_inputs_of_every_kind(tmp_path: Path) -> None:
    made = graph(
        """
        inputs:
          image:  {channels: 1, size: [8, 16]}
          words:  {tokens: 5, dim: 8}
          cells:  {grid: [2, 3], dim: 8}
          vector: {features: 8}
        graph:
          embed: {block: patch_embed, from: image, patch: 4, dim: 8}
          a: {block: mean_pool}
          b: {block: mean_pool, from: words}
          map: {block: to_image, from: cells}
          c: {block: mean_pool}
          sum: {block: add, from: [a, b, c, vector]}
        outputs: {features: sum}
        """,
        tmp_path,
        head="archspec: 1\nname: several\n",
    )
    inputs = [torch.randn(2, *shape.sizes) for shape in made.inputs.values()]
    assert [list(value.shape) for value in inputs] == [[2, 1, 8, 16], [2, 5, 8], [2, 6, 8], [2, 8]]
    assert archspec.build(made)(*inputs).shape == (2, 8)


def test_training_and_evaluation_may_return_different_things(tmp_path: Path) -> None:
    made = graph(
        """
        graph:
          embed: {block: patch_embed, patch: 4, dim: 8}
          pool:  {block: mean_pool}
          one:   {block: linear, from: pool, features: 3}
          two:   {block: linear, from: pool, features: 3}
          mean:  {block: mean, from: [one, two]}
        outputs:
          train: {logits: one, distillation: two}
          eval:  {logits: mean}
        """,
        tmp_path,
    )
    model = archspec.build(made)
    image = torch.randn(2, 3, 16, 16)
    both = model.train()(image)
    assert both._fields == ("logits", "distillation")
    assert torch.allclose(model.eval()(image), (both.logits + both.distillation) / 2)


def test_a_slot_takes_a_word_a_mapping_or_the_default_with_other_values(tmp_path: Path) -> None:
    made = graph(
        """
        params: {chosen: conv_attention}
        graph:
          embed: {block: patch_embed, patch: 4, dim: 8}
          one: {block: encoder_layer, attention: {block: $chosen, heads: 2}, mlp: {ratio: 2}}
          two: {block: encoder_layer, attention: mlp, norm: batch_norm}
        outputs: {tokens: two}
        """,
        tmp_path,
    )
    assert made.find("one.attn").block.word == "conv_attention"
    assert made.find("one.mlp.fc1").shape.sizes == (16, 16)
    assert made.find("two.attn").block.word == "mlp"
    assert made.find("two.norm1").block.word == "batch_norm"


def test_defaults_reach_what_nobody_set_at_any_depth(tmp_path: Path) -> None:
    made = graph(
        f"""
        defaults: {{layer_norm: {{eps: 1e-6}}, linear: {{init: zeros}}}}
        graph:
          embed: {{block: patch_embed, patch: 4, dim: 8}}
          layer: {LAYER}}}
          norm:  {{block: layer_norm, eps: 1e-5}}
        outputs: {{tokens: norm}}
        """,
        tmp_path,
    )
    model = archspec.build(made)
    assert model.get_submodule("layer.norm1").eps == 1e-6
    assert model.get_submodule("norm").eps == 1e-5  # set, though to what the block would have taken anyway
    assert not model.get_parameter("layer.attn.qkv.weight").any()


def test_a_block_in_yaml_has_parameters_a_graph_and_ports(tmp_path: Path) -> None:
    made = graph(
        f"""
        blocks:
          twin:
            inputs: [a, b]
            params: {{ratio: 2.0, attention: slot}}
            graph:
              first:  {{block: encoder_layer, from: a, attention: $attention, mlp: {{ratio: $ratio}}}}
              second: {{share: first, from: b}}
            outputs: {{a: first, b: second}}
          deep:
            params: {{times: int}}
            graph:
              layers: {LAYER}, repeat: $times}}
        graph:
          embed: {{block: patch_embed, patch: 4, dim: 8}}
          deep:  {{block: deep, times: 2}}
          twins: {{block: twin, from: {{a: embed, b: deep}}, repeat: 2, attention: {{block: self_attention, heads: 4}}}}
          sum:   {{block: add, from: [twins.a, twins.b]}}
        outputs: {{tokens: sum}}
        """,
        tmp_path,
    )
    assert "twins.1.first.attn.qkv.weight" in archspec.build(made, device="meta").state_dict()
    assert "deep.layers.1.mlp.fc1.weight" in archspec.build(made, device="meta").state_dict()


def test_settings_and_variants_lay_over_the_document(tmp_path: Path) -> None:
    text = """
        params: {dim: 8}
        graph:
          embed: {block: patch_embed, patch: 4, dim: $dim}
          mlp:   {block: mlp}
        outputs: {tokens: mlp}
        variants:
          wide: {params: {dim: 16}}
    """
    assert graph(text, tmp_path).shape(graph(text, tmp_path).outputs["tokens"]).sizes == (16, 8)
    assert graph(text, tmp_path, variant="wide").nodes["mlp"].shape.sizes == (16, 16)
    set_ = graph(text, tmp_path, variant="wide", overrides=["params.dim=24", "graph.embed.patch=8"])
    assert set_.nodes["mlp"].shape.sizes == (4, 24)
    assert graph(text, tmp_path, overrides={"inputs.image.size": [8, 16]}).nodes["embed"].shape.sizes == (8, 8)
    with pytest.raises(archspec.SpecError, match=r"params\.dimm is not there"):
        graph(text, tmp_path, overrides=["params.dimm=24"])


REFUSED = {
    "a node that comes first among several inputs says which it reads": (
        ["ports"],
        "inputs: {a: {features: 3}, b: {features: 3}}\ngraph: {x: {block: linear, features: 2}}\noutputs: {y: x}",
    ),
    "a repeat needs an output that fits an input": (
        ["ports"],
        "graph: {e: {block: patch_embed, patch: 4, dim: 8}, c: {block: class_token},\n"
        "  s: {block: split_prefix, repeat: 2}}\n"
        "outputs: {y: s.body}",
    ),
    "shared weights fit only what would have made the same ones": (
        ["share"],
        "graph: {e: {block: patch_embed, patch: 4, dim: 8}, a: {block: linear, features: 8, from: e},\n"
        "  b: {block: linear, features: 4, from: e}, c: {share: a, from: b}}\noutputs: {y: a, z: c}",
    ),
    "a node that shares says nothing else": (
        ["share"],
        "graph: {e: {block: patch_embed, patch: 4, dim: 8}, a: {block: mlp},\n"
        "  b: {share: a, from: a, ratio: 2}}\noutputs: {y: b}",
    ),
    "a position embedding is no source": (
        ["ports"],
        "graph: {e: {block: patch_embed, patch: 4, dim: 8},\n"
        "  p: {block: position_embedding, from: []}}\noutputs: {y: e, z: p}",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(case: str, tmp_path: Path) -> None:
    codes, text = REFUSED[case]
    head = "archspec: 1\nname: x\n" if text.startswith("inputs") else HEAD
    assert refused(text, tmp_path, head) == codes


def test_one_mistake_is_one_message(tmp_path: Path) -> None:
    text = """
        graph:
          embed: {block: patch_embed, patch: 5, dim: 8}
          cls:   {block: class_token}
          mlp:   {block: mlp}
          pool:  {block: select_token, token: nobody}
        outputs: {features: pool}
    """
    assert refused(text, tmp_path) == ["divisible"]


def test_every_problem_names_a_code_that_is_kebab_case() -> None:
    for file in Path(archspec.__file__).parent.rglob("*.py"):
        for code in re.findall(r'Problem\(\s*"([^"]+)"', file.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", code), (file, code)
