"""Tensors of every kind that torch has: taken without loss and said so, or refused by name with the model as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import archspec
from archspec.weights import LoadReport, WeightsError, load_weights, plan_weights, save_weights

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # torch: CSR and quantised tensors are in beta
NAME = "layers.1.attn.proj.weight"
COUNT = "count"
Spoil = Callable[[Tensor], Any]


def target(seed: int = 0) -> nn.Module:
    """A small ViT with a count beside it, in the manner of batch norm."""
    torch.manual_seed(seed)
    model = archspec.build(Path(__file__).parent / "target.yaml")
    model.register_buffer(COUNT, torch.tensor(3))
    return model


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def with_one(weights: Mapping[str, Tensor], spoil: Spoil, name: str = NAME) -> dict[str, Any]:
    """The weights with one tensor spoilt, in the middle of others."""
    return {**weights, name: spoil(weights[name])}


def note_on(report: LoadReport, name: str = NAME) -> str:
    return next(entry.note for entry in report.entries if entry.ours == name)


def refused(model: nn.Module, weights: Any) -> WeightsError:
    """The error of a load, which must leave every tensor of the model bit for bit as it was."""
    before = state(model)
    with pytest.raises(WeightsError) as caught:
        load_weights(model, weights)
    for name, tensor in model.state_dict().items():
        assert tensor.numpy().tobytes() == before[name].numpy().tobytes(), name
    return caught.value


def halves(tensor: Tensor) -> Tensor:
    return torch.arange(tensor.numel()).view(tensor.shape) / 2 % 8


TAKEN: dict[str, tuple[Spoil, str]] = {
    "float64": (lambda tensor: halves(tensor).double(), "float64 → float32"),
    "float16": (lambda tensor: halves(tensor).half(), "float16 → float32"),
    "sparse": (lambda tensor: halves(tensor).to_sparse(), "sparse"),
    "csr": (lambda tensor: halves(tensor).to_sparse_csr(), "sparse"),
    "csc": (lambda tensor: halves(tensor).to_sparse_csc(), "sparse"),
    "bsr": (lambda tensor: halves(tensor).to_sparse_bsr((2, 2)), "sparse"),
    "sparse float64": (lambda tensor: halves(tensor).double().to_sparse(), "sparse, float64 → float32"),
    "quantised": (
        lambda tensor: torch.quantize_per_tensor(halves(tensor), 0.5, 0, torch.qint8),
        "quantised qint8",
    ),
    "quantised by channel": (
        lambda tensor: torch.quantize_per_channel(
            halves(tensor), torch.full((8,), 0.5), torch.zeros(8), 0, torch.qint8
        ),
        "quantised qint8",
    ),
    "fp8": (lambda tensor: halves(tensor).to(torch.float8_e4m3fn), "float8_e4m3fn → float32"),
    "complex without imaginary parts": (
        lambda tensor: halves(tensor).to(torch.complex64).conj(),
        "complex64 → float32",
    ),
    "int64": (lambda tensor: (halves(tensor) * 2).long(), "int64 → float32"),
    "uint8": (lambda tensor: (halves(tensor) * 2).to(torch.uint8), "uint8 → float32"),
    "uint64": (lambda tensor: (halves(tensor) * 2).to(torch.uint64), "uint64 → float32"),
    "bool": (lambda tensor: halves(tensor) > 3, "bool → float32"),
    "more axes": (lambda tensor: halves(tensor)[None, :, None], "but for axes of 1"),
}


def plain(tensor: Tensor) -> Tensor:
    """The numbers of a tensor of any kind."""
    tensor = tensor.dequantize() if tensor.is_quantized else tensor
    tensor = tensor.to_dense() if tensor.layout != torch.strided else tensor
    return (tensor.real if tensor.is_complex() else tensor).float().squeeze()


@pytest.mark.parametrize("kind", TAKEN)
def test_what_loses_nothing_is_taken_and_said(kind: str, tmp_path: Path) -> None:
    spoil, note = TAKEN[kind]
    model, weights = target(), with_one(state(target(1)), spoil)
    report = load_weights(model, weights)
    assert note_on(report) == note and not report.faults and note in str(report)
    assert torch.equal(model.get_parameter(NAME), plain(weights[NAME]))
    assert torch.equal(model.get_parameter("head.weight"), weights["head.weight"])
    torch.save(weights, tmp_path / "x.pth")
    assert plan_weights(model, tmp_path / "x.pth").entries == plan_weights(model, weights).entries == report.entries


def ragged(tensor: Tensor) -> Tensor:
    return torch.nested.nested_tensor([tensor, tensor[:2]])


REFUSED: dict[str, tuple[Spoil, str]] = {
    "meta": (lambda tensor: tensor.to("meta"), "on the meta device has no values"),
    "complex": (lambda tensor: torch.complex(tensor, tensor), "imaginary parts would be lost"),
    "large int64": (lambda tensor: torch.full(tensor.shape, 2**24 + 1), "some of its numbers would change"),
    "largest int64": (lambda tensor: torch.full(tensor.shape, 2**63 - 1), "some of its numbers would change"),
    "large float64": (
        lambda tensor: torch.full(tensor.shape, 1e300, dtype=torch.float64),
        "some of its numbers are too large",
    ),
    "nested": (ragged, "a nested tensor has no shape"),
    "jagged": (lambda tensor: torch.nested.nested_tensor([tensor, tensor[:2]], layout=torch.jagged), "nested tensor"),
    "never shaped": (lambda _: nn.UninitializedParameter(), "never given a shape"),
    "fp4": (lambda tensor: tensor.to(torch.uint8).view(torch.float4_e2m1fn_x2), "cannot be read here"),
    "sparse and enormous": (
        lambda _: torch.sparse_coo_tensor(torch.zeros(2, 0), torch.zeros(0), (10**6, 10**6)),
        "theirs 1000000x1000000",
    ),
    "enormous": (lambda _: torch.zeros(1).expand(10**6, 10**6), "theirs 1000000x1000000"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_taken_is_refused_by_name_before_anything_is_copied(kind: str) -> None:
    spoil, message = REFUSED[kind]
    error = refused(target(), with_one(state(target(1)), spoil))
    assert message in str(error) and NAME in str(error)


@pytest.mark.parametrize("kind", ["meta", "complex", "nested"])
def test_without_strict_the_rest_is_taken(kind: str) -> None:
    model, weights = target(), with_one(state(target(1)), REFUSED[kind][0])
    before = model.get_parameter(NAME).clone()
    report = load_weights(model, weights, strict=False)
    assert [(entry.status, entry.ours) for entry in report.faults] == [("KIND", NAME)]
    assert "1 kind" in report.summary
    assert torch.equal(model.get_parameter(NAME), before)
    assert torch.equal(model.get_parameter("head.weight"), weights["head.weight"])
    assert not load_weights(model, weights, allow_missing=[NAME]).faults


@pytest.mark.parametrize(("count", "taken"), [(5.0, True), (5.5, False), (float("nan"), False), (1e30, False)])
def test_a_float_is_a_count_where_it_is_whole(count: float, taken: bool) -> None:
    model, weights = target(), with_one(state(target(1)), lambda _: torch.tensor(count), COUNT)
    if taken:
        assert note_on(load_weights(model, weights), COUNT) == "float32 → int64"
        assert model.get_buffer(COUNT) == count
    else:
        assert "float32 → int64: some of its numbers would change" in str(refused(model, weights))


def test_floats_are_rounded_to_the_models_own(tmp_path: Path) -> None:
    model, weights = target().to(torch.bfloat16), {**state(target(1)), COUNT: torch.tensor(4)}
    assert note_on(load_weights(model, weights)) == "float32 → bfloat16"
    assert torch.equal(model.get_parameter(NAME), weights[NAME].bfloat16())
    save_file(weights, tmp_path / "x.safetensors")
    assert note_on(plan_weights(model, tmp_path / "x.safetensors")) == "float32 → bfloat16"


def test_weights_of_another_width_are_of_another_shape(tmp_path: Path) -> None:
    """Kernel and bias of the patch embedding, too, whose module could adapt other channels."""
    model = target()
    spec = (Path(__file__).parent / "target.yaml").read_text().replace("dim: 8", "dim: 12")
    (tmp_path / "wide.yaml").write_text(spec)
    save_weights(archspec.build(tmp_path / "wide.yaml"), tmp_path / "wide.safetensors")
    error = refused(model, tmp_path / "wide.safetensors")
    assert "of another shape" in str(error) and "ours 8, theirs 12" in str(error)
    planned = plan_weights(model, tmp_path / "wide.safetensors")
    assert {entry.status for entry in planned.entries if "proj" in (entry.ours or "")} == {"SHAPE"}


@pytest.mark.parametrize("shape", [(0, 5, 8), (1, 0, 8), (1, 5, 0), (1, 1, 8), (1, 5, 8, 1, 1), (2, 17, 8)])
def test_a_table_of_any_shape_fits_or_does_not(shape: tuple[int, ...]) -> None:
    model = target()
    weights = with_one(state(target(1)), lambda _: torch.zeros(shape), "position.position")
    if shape == (1, 5, 8, 1, 1):
        assert not load_weights(model, weights).faults
    else:
        assert f"theirs {'x'.join(map(str, shape))}" in str(refused(model, weights))


# -- models ------------------------------------------------------------------------------------------------------------


def test_tensors_of_the_model_itself_change_places() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    before, own = state(model), model.state_dict()
    places = {"0.weight": "1.weight", "1.weight": "0.weight", "0.bias": "1.bias", "1.bias": "0.bias"}
    load_weights(model, {name: own[other] for name, other in places.items()})
    assert all(torch.equal(own[name], before[other]) for name, other in places.items())


def test_a_model_that_cannot_be_filled_is_refused_before_anything_is_copied() -> None:
    weights = {"0.weight": torch.ones(2, 3), "0.bias": torch.ones(2), "row": torch.ones(4, 2)}
    model = nn.Sequential(nn.Linear(3, 2))
    model.register_buffer("row", torch.zeros(1, 2).expand(4, 2))
    assert "row of the model has numbers that lie in one place" in str(refused(model, weights))
    with torch.inference_mode():
        model.register_buffer("row", torch.zeros(4, 2))
    assert "row of the model was made in inference mode" in str(refused(model, weights))
    with pytest.raises(WeightsError, match="has no shape yet"):
        load_weights(nn.LazyLinear(3), {"weight": torch.ones(3, 3), "bias": torch.ones(3)})


class Extra(nn.Linear):
    """A layer that keeps more than tensors in its state dict."""

    def get_extra_state(self) -> Any:
        return {"version": 1}

    def set_extra_state(self, state: Any) -> None:
        pass


def test_what_is_no_tensor_in_a_models_state_is_left_alone() -> None:
    model, other = Extra(3, 2), Extra(3, 2)
    assert not load_weights(model, other.state_dict()).faults
    assert torch.equal(model.weight, other.weight)


# -- what is printed ---------------------------------------------------------------------------------------------------

EVIL = "\x1b[2J\x1b]0;title\x07\r\u202e\ud800" + "x" * 5_000


def assert_fit_to_print(text: str) -> None:
    assert all(line.isprintable() and len(line) < 1_000 for line in text.split("\n"))
    assert text.encode()


def test_names_of_strangers_are_never_printed_raw(tmp_path: Path) -> None:
    model, weights = target(), {**state(target(1)), EVIL: torch.ones(3)}
    report = load_weights(model, weights, strict=False)
    assert_fit_to_print(str(report))
    assert "\\x1b[2J" in str(report)
    assert json.loads(json.dumps(report.json()))["entries"][-1]["theirs"] == [EVIL]
    assert_fit_to_print(str(refused(model, weights)))
    assert_fit_to_print(str(refused(model, {EVIL: torch.ones(3)})))
    assert_fit_to_print(str(refused(model, {EVIL: 3, 7: 4, 10**5000: 5})))
    named = {**weights, f"{NAME}.{EVIL}": weights[NAME]}
    assert_fit_to_print(str(refused(model, {name: tensor for name, tensor in named.items() if name != NAME})))


def test_numbers_in_strangers_names_are_not_combined_to_be_counted() -> None:
    """Of 30 numbers in 30 places there are 30³⁰ combinations, and every name has one."""
    names = [".".join([str(number)] * 30) for number in range(30)]
    report = load_weights(nn.Linear(3, 2), {**nn.Linear(3, 2).state_dict(), **dict.fromkeys(names, torch.ones(1))},
                          "archspec", allow_missing=["[0-9]*"])  # fmt: skip
    assert [row[2] for row in report.rows(["DROPPED"])] == names


def test_metadata_of_strangers_is_never_printed_raw(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file(state(target(1)), path, {"hash": "\x1b[31m", "variant": "\x1b[2J\n\n"})
    report = load_weights(target(), path)
    assert report.notes
    assert_fit_to_print(str(report))


def test_metadata_hold_no_nan(tmp_path: Path) -> None:
    from safetensors import safe_open

    spec = (Path(__file__).parent / "target.yaml").read_text()
    (tmp_path / "x.yaml").write_text(spec + "params: {none: .nan, much: .inf, less: -.inf}\n")
    save_weights(archspec.build(tmp_path / "x.yaml"), tmp_path / "x.safetensors")
    with safe_open(tmp_path / "x.safetensors", "pt") as file:
        text = file.metadata()["spec"]
    told = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert told["params"] == {"none": ".nan", "much": ".inf", "less": "-.inf"}
