"""Each architecture, in its smallest official size: draws, trains a step, exports, compiles – with the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

import archspec
from archspec.language import load, open_spec, packaged_specs
from tests.support.origins import origin_of

FAMILIES = [path for path in packaged_specs() if path.parent.name == "specs"]


def smallest(path: Path) -> archspec.Graph:
    """The variant with the fewest MACs, without randomness in training."""
    variants = open_spec(path).variants
    cheapest = min(variants, key=lambda name: load(path, name).cost.macs)
    declared = origin_of(load(path, cheapest)).spec["params"]
    return load(path, cheapest, ["params.drop_path=0.0"] if "drop_path" in declared else [])


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda path: path.stem)
def graph(request: pytest.FixtureRequest) -> archspec.Graph:
    return smallest(request.param)


def image(graph: archspec.Graph, batch: int = 2) -> torch.Tensor:
    torch.manual_seed(0)
    (shape,) = graph.inputs.values()
    return torch.randn(batch, *shape.sizes)


def test_every_family_in_the_folder_is_packaged() -> None:
    folder = Path(__file__).parents[2] / "specs"
    assert {path.name for path in FAMILIES} == {path.name for path in folder.glob("*.yaml")} != set()


def test_it_draws_at_every_depth(graph: archspec.Graph) -> None:
    for depth in (0, 1, 2, None):
        assert archspec.render(graph, depth=depth).svg.startswith("<svg")


def test_it_trains_a_step(graph: archspec.Graph) -> None:
    torch.manual_seed(0)
    model = archspec.build(graph).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    given = model(image(graph))
    logits = given if isinstance(given, tuple) else (given,)
    loss = sum(F.cross_entropy(each, torch.tensor([1, 2])) for each in logits)
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer.step()
    moved = [name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])]
    assert moved  # not all: LeViT starts with branches that give nothing, so nothing behind them moves


def test_it_exports_and_compiles_with_the_same_numbers(graph: archspec.Graph) -> None:
    torch.manual_seed(0)
    model = archspec.build(graph).eval()
    x = image(graph)
    with torch.no_grad():
        expected = model(x)
        exported = torch.export.export(model, (x,)).module()(x)
        torch.compiler.reset()
        compiled = torch.compile(model, fullgraph=True, backend="aot_eager")(x)
    largest = expected.abs().max()
    assert (exported - expected).abs().max() <= 1e-5 * largest
    assert (compiled - expected).abs().max() <= 1e-5 * largest
