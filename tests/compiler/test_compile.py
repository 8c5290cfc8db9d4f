"""What comes out of the compiler is a module like any other: torch's own tools are the oracle."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, fx, nn
from torch.utils._python_dispatch import TorchDispatchMode

import archspec
from archspec.language.wiring import RESERVED

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "vit": ("vit_tiny_patch16_224", {"params.image": 32, "params.depth": 2}),
    "deit": (
        "deit_tiny_distilled_patch16_224",
        {"params.image": 32, "params.depth": 2, "params.drop_path": 0.0},
    ),
    "cvt": ("cvt_13", {"params.image": 64, "params.depths": [1, 1, 1], "params.drop_path": 0.0}),
    "levit": ("levit_128s", {"params.image": 64, "params.depths": [1, 1, 1]}),
    "cross_vit": (
        "crossvit_tiny_240",
        {
            "params.image": 64,
            "params.small.image": 48,
            "params.large.image": 64,
            "params.large.depth": 1,
            "params.stages": 1,
            "params.drop_path": 0.0,
        },
    ),
}
"""A variant of each kind – one output, outputs by mode, several ports – made small enough to compile in a moment."""

FAMILIES = pytest.mark.parametrize("family", SMALL)
MODES = pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])


def small(family: str, **given: Any) -> fx.GraphModule:
    name, overrides = SMALL[family]
    torch.manual_seed(0)
    return archspec.build(name, overrides=overrides, **given)


def images(family: str) -> Tensor:
    side = SMALL[family][1]["params.image"]
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def edited(changes: dict[str, Any]) -> fx.GraphModule:
    torch.manual_seed(0)
    return archspec.build("vit_tiny_patch16_224", overrides={**SMALL["vit"][1], **changes})


@FAMILIES
@MODES
def test_torch_compiles_it_without_a_break(family: str, training: bool) -> None:
    model = small(family).train(training)
    expected = model(images(family))
    torch._dynamo.reset()
    compiled: Any = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(images(family)), expected)


@FAMILIES
@MODES
def test_torch_exports_it(family: str, training: bool) -> None:
    model = small(family).train(training)
    program = torch.export.export(model, (images(family),))
    torch.testing.assert_close(program.module()(images(family)), model(images(family)))
    assert set(program.state_dict) == set(model.state_dict())


@FAMILIES
@pytest.mark.parametrize("again", [copy.deepcopy, pickled, lambda model: pickled(copy.deepcopy(pickled(model)))])
def test_copies_compute_the_same_with_weights_of_their_own(family: str, again: Any) -> None:
    model = small(family)
    other = again(model)
    torch.testing.assert_close(other(images(family)), model(images(family)))
    assert other.meta["archspec"].name == family
    with torch.no_grad():
        next(other.parameters()).add_(1)
    assert not torch.equal(next(other.parameters()), next(model.parameters()))


def test_outputs_follow_the_mode_and_have_names() -> None:
    model = small("deit")
    given = model(images("deit"))
    assert given._fields == ("logits", "distillation")
    logits, distillation = given
    torch.testing.assert_close(model.eval()(images("deit")), (logits + distillation) / 2)
    again = pickled(given)
    assert type(again) is type(given)
    torch.testing.assert_close(again, given)


@FAMILIES
def test_every_weight_stands_at_the_path_of_its_node(family: str) -> None:
    model = small(family, device="meta")
    name, overrides = SMALL[family]
    leaves = {path: node for path, node in archspec.load(name, overrides=overrides).walk() if not node.body}
    places = {key.rpartition(".")[0] for key in model.state_dict()}
    assert places == {path for path, node in leaves.items() if node.cost.params}
    plain = small(family, device="meta", optimize="none")
    assert all(plain.get_submodule(path) is not None for path in leaves)
    assert list(plain.state_dict()) == list(model.state_dict())


@FAMILIES
def test_meta_has_no_memory_and_the_same_weights_by_name(family: str) -> None:
    bare, filled = small(family, device="meta").state_dict(), small(family).state_dict()
    assert all(tensor.is_meta for tensor in bare.values())
    assert {key: tensor.shape for key, tensor in bare.items()} == {key: tensor.shape for key, tensor in filled.items()}


@FAMILIES
def test_dtype_is_that_of_every_float(family: str) -> None:
    model = small(family, dtype=torch.bfloat16)
    kinds = {tensor.dtype for tensor in model.state_dict().values() if tensor.is_floating_point()}
    assert kinds == {torch.bfloat16}
    assert model.eval()(images(family).bfloat16()).dtype is torch.bfloat16


class Allocations(TorchDispatchMode):
    """The bytes of every storage of floats that is made outside the meta device; masks and tables of places pass by."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and not made.is_meta and made.is_floating_point():
            known = {given.untyped_storage().data_ptr() for given in args if isinstance(given, Tensor)}
            if made.untyped_storage().data_ptr() not in known:
                self.bytes += made.untyped_storage().nbytes()
        return made


@FAMILIES
def test_memory_is_taken_once_and_where_it_is_wanted(family: str) -> None:
    with Allocations() as seen:
        model = small(family)
    floats = (tensor for tensor in model.state_dict().values() if tensor.is_floating_point())
    assert seen.bytes == sum(tensor.untyped_storage().nbytes() for tensor in floats)


@FAMILIES
def test_a_seed_makes_the_same_weights(family: str) -> None:
    name, overrides = SMALL[family]
    one, two, other = small(family), small(family), archspec.build(name, overrides=overrides)
    for (key, left), right in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        assert torch.equal(left, right), key
    assert any(not torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@FAMILIES
def test_no_weight_is_left_as_memory_happened_to_be(family: str) -> None:
    """In this mode torch fills fresh memory with NaN, and with the greatest integer."""
    torch.use_deterministic_algorithms(True)
    try:
        model = small(family)
    finally:
        torch.use_deterministic_algorithms(False)
    for key, tensor in model.state_dict().items():
        assert tensor.isfinite().all() if tensor.is_floating_point() else (tensor < 1e9).all(), key


def test_levels_with_one_wiring_share_their_code_until_one_is_edited() -> None:
    model, other = small("vit", optimize="none"), small("vit", optimize="none")
    first, second = (model.get_submodule(f"blocks.{place}") for place in (0, 1))
    assert isinstance(first, fx.GraphModule) and isinstance(second, fx.GraphModule)
    assert type(first).forward is type(second).forward
    (last,) = (node for node in second.graph.nodes if node.name == "add2")
    last.args = (last.args[0], last.args[0])
    second.recompile()
    assert type(first).forward is not type(second).forward
    x = torch.randn(1, 5, 192)
    torch.testing.assert_close(first(x), other.get_submodule("blocks.0")(x))
    assert not torch.allclose(second(x), other.get_submodule("blocks.1")(x))
    assert "blocks" in str(copy.deepcopy(model).graph)


def test_a_node_may_be_replaced() -> None:
    model = small("vit")
    model.head = nn.Linear(192, 7)
    assert model(images("vit")).shape == (2, 7)


@pytest.mark.parametrize("optimize", ["none", "exact"])
def test_hooks_see_every_node(optimize: str) -> None:
    model, seen = small("vit", optimize=optimize), []
    paths = ("patch_embed", "blocks.1.attn.attend", "blocks.0.add1", "head")
    for path in paths:
        model.get_submodule(path).register_forward_hook(lambda *_, path=path: seen.append(path))
    model(images("vit"))
    assert sorted(seen) == sorted(paths)


def test_reserved_names_are_all_that_a_module_has() -> None:
    # In a process of its own: transformers hangs methods of its own on every module as soon as it is imported.
    code = "from torch import fx, nn; print(*dir(fx.GraphModule(nn.Module(), fx.Graph())))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert {name for name in done.stdout.split() if not name.startswith("_")} <= RESERVED


def test_nodes_that_do_nothing_are_not_run() -> None:
    nothing = {
        "graph.dropped": {"block": "dropout", "rate": 0.0, "before": "head"},
        "graph.scaled": {"block": "scale", "by": 1.0, "after": "head"},
        "outputs.logits": "scaled",
    }
    plain, padded = edited({}), edited(nothing)
    assert not hasattr(padded, "dropped") and not hasattr(padded, "scaled")
    assert [node.target for node in padded.graph.nodes] == [node.target for node in plain.graph.nodes]
    torch.testing.assert_close(padded(images("vit")), plain(images("vit")))


def test_shared_weights_are_one_parameter_used_twice() -> None:
    model = edited({"graph.again": {"share": "blocks", "after": "blocks"}})
    torch.manual_seed(0)
    plain = archspec.build("vit_tiny_patch16_224", overrides=SMALL["vit"][1], optimize="none")
    assert set(model.state_dict()) == set(plain.state_dict())
    x = images("vit")
    for name in ("patch_embed", "cls", "pos_embed", "blocks", "blocks", "norm", "pool", "head"):
        x = plain.get_submodule(name)(x)
    expected = x
    torch.testing.assert_close(model(images("vit")), expected)
