"""Build the module, run one forward pass, print the tree of nodes and the totals.

With -o DIR it writes weights.safetensors (which names the spec and its hash), spec.yaml (the resolved spec),
architecture.svg and summary.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.analysis import report
from archspec.cli.arguments import depth_of, force_argument, output_arguments, spec_arguments, weights_arguments
from archspec.cli.progress import progress
from archspec.errors import Problem, SpecError
from archspec.files import folder, json_text, refuse, write
from archspec.graph import Graph
from archspec.language import load
from archspec.language.document import note
from archspec.language.document.write import dump, is_dumped

if TYPE_CHECKING:
    import torch

DTYPES = ("float32", "float16", "bfloat16", "float64")


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    output_arguments(parser)
    parser.add_argument("--device", default="auto", help="auto (cuda where there is one), cpu, cuda, cuda:1 … or meta")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--depth", default="2", help="levels of nesting in the table: a number, or all (default 2)")
    parser.add_argument("--weights", metavar="FILE", help="load these weights; the source is recognised")
    weights_arguments(parser)
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help="write weights, spec, picture and table here")
    force_argument(parser)


def run(args: argparse.Namespace) -> int:
    depth = depth_of(args.depth)
    graph = load(args.spec, args.variant, args.settings, allow_python=args.allow_python)
    if args.weights:
        note(args.weights)
    if args.output:
        _claim(args.output)
    with progress("torch", 1, quiet=args.quiet) as step:
        step("import")
        import torch

        from archspec.compiler import compile, crops
    for sentence in () if args.quiet else crops(graph):
        print(f"archspec: warning: {sentence}", file=sys.stderr)
    device = _device(args.device)
    with progress("build", len(graph.nodes), quiet=args.quiet) as step:
        model = compile(graph, device=device, dtype=getattr(torch, args.dtype), progress=step)
    loaded = None
    if args.weights:
        from archspec.weights import load_weights

        loaded = load_weights(
            model, args.weights, source=args.source, allow_missing=args.allow_missing, resampling=args.resampling
        )
    forward = _forward(model, graph, device, getattr(torch, args.dtype))
    table = report(graph)
    if args.json:
        print(json_text({**table.json(), "device": str(device), "dtype": args.dtype, "forward": forward}))
    elif not args.quiet:
        if loaded is not None:
            print(f"{loaded}\n")
        print(table.table(depth), end="")
        print(
            f"built on {device} in {args.dtype}; "
            f"a forward pass took {forward['seconds'] * 1e3:,.0f} ms and gave {forward['gave']}"
        )
    if args.output:
        _save(args.output, model, graph)
        if not args.quiet and not args.json:
            print(f"written to {args.output}")
    return 0


def _device(name: str) -> torch.device:
    """The device of a name. Raises SpecError where there is no such device."""
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SpecError(Problem("device", f"{name} is no device", help="auto, cpu, cuda, cuda:1 or meta")) from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SpecError(Problem("device", "there is no GPU that torch can use here", help="--device cpu"))
    return device


def _forward(model: torch.nn.Module, graph: Graph, device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """Seconds and output shapes of one forward pass, with a batch of one sample of zeros, in evaluation mode."""
    import torch

    inputs = [torch.zeros(1, *shape.sizes, device=device, dtype=dtype) for shape in graph.inputs.values()]
    started = time.perf_counter()
    was_training = model.training
    with torch.inference_mode():
        result = model.eval()(*inputs)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    seconds = time.perf_counter() - started
    model.train(was_training)
    values = result if isinstance(result, tuple) else (result,)
    shapes = [f"{name} {tuple(value.shape)}" for name, value in zip(graph.outputs, values, strict=True)]
    return {"seconds": seconds, "gave": ", ".join(shapes)}


OUTPUTS = {
    "weights.safetensors": "weights", "spec.yaml": "a spec", "summary.md": "text", "architecture.svg": "an SVG"
}  # fmt: skip
"""What a build writes, and what kind of file each is."""


def _claim(place: Path) -> None:
    """Make the folder; raise OSError, before anything is written, where one of the files may not be."""
    folder(place)
    for name, kind in OUTPUTS.items():
        refuse(place / name, kind, is_dumped)


def _save(place: Path, model: torch.nn.Module, graph: Graph) -> None:
    """Write weights, resolved spec, table and picture."""
    from archspec.diagrams import render
    from archspec.weights import save_weights

    if not any(parameter.is_meta for parameter in model.parameters()):
        save_weights(model, place / "weights.safetensors")
    else:
        print("archspec: on the meta device there are no weights to write", file=sys.stderr)
    write(place / "spec.yaml", dump(graph.origin.spec if graph.origin else {}), is_dumped)
    write(place / "summary.md", report(graph).table(None, "md"))
    render(graph, place / "architecture.svg")
