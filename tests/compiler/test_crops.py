"""A kernel that leaves out the end of an image is told when the model is built."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch

import archspec
from archspec.cli import main
from archspec.compiler import compile, crops
from archspec.compiler.laws import single
from archspec.graph import Image
from archspec.ops.conv import Conv2d, Unfold, Window

SPEC = """archspec: 1
name: cropped
inputs: {image: {channels: 3, size: 33}}
blocks:
  stem: {graph: {proj: {block: conv2d, channels: 4, kernel: 16, stride: 16}}}
graph:
  patches: {block: stem}
  tokens: {block: to_tokens}
outputs: {y: tokens}
"""
SENTENCE = "patches.proj: conv 16×16 /16 leaves out the last row and the last column of the 33×33"


@pytest.mark.parametrize("side", [16, 17, 18, 20, 21])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_what_is_unread_is_what_has_no_gradient(side: int, kernel: int, stride: int, padding: int) -> None:
    """At the end, what no output depends on; but for as many rows as lie between two windows."""
    window = Conv2d(channels=1, kernel=kernel, stride=stride, padding=padding, bias=False)
    image = torch.ones(1, 1, side, side, requires_grad=True)
    model = compile(single(window, Image(1, side, side)))
    torch.nn.init.ones_(model.get_parameter("node.weight"))
    (gradient,) = torch.autograd.grad(model(image).sum(), image)
    read = gradient.sum((0, 1, 3)).nonzero().max().item() + 1
    unread = side - read if side - read > stride - kernel else 0
    assert window.unread(Image(1, side, side).grid) == (max(0, unread), max(0, unread))


@pytest.mark.parametrize("window", [Unfold(kernel=4, stride=4), Conv2d(channels=2, kernel=(4, 2), stride=(4, 2))])
def test_every_kind_of_window_is_looked_at(window: Window) -> None:
    assert not crops(single(window, Image(3, 8, 8)))
    (told,) = crops(single(window, Image(3, 10, 8)))
    assert told.startswith("node: ") and told.endswith("leaves out the last 2 rows of the 10×8")


def test_a_build_warns_where_the_kernel_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    with pytest.warns(UserWarning, match="leaves out") as caught:
        archspec.build(path)
    assert [str(warning.message) for warning in caught] == [SENTENCE]
    assert caught[0].filename == __file__
    assert main(["build", str(path)]) == 0
    assert f"warning: {SENTENCE}" in capsys.readouterr().err
    assert main(["build", str(path), "--quiet"]) == 0
    assert "warning" not in capsys.readouterr().err
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        archspec.build(path, overrides={"inputs.image.size": 32})
