"""One level of a graph as a module whose code fx generates."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import fx, nn
from torch.fx.graph import PythonCode


class Program(fx.GraphModule):
    """One level of a graph as a program. Its `meta` – the whole model's knows the spec – survives pickle."""

    def __init__(self, modules: Mapping[str, nn.Module], graph: fx.Graph, class_name: str) -> None:
        targets = [str(node.target) for node in graph.nodes if node.op in ("call_module", "get_attr")]
        super().__init__({target: _at(modules, target) for target in targets}, graph, class_name)
        self._modules.clear()  # fx knows only what the code names; the order of the state dict is the nodes'
        self._modules.update(modules)

    def twin(self, modules: Mapping[str, nn.Module]) -> Program:
        """The same program over other modules: nothing is generated again."""
        twin: Program = type(self).__new__(type(self))
        nn.Module.__init__(twin)
        there = twin.__dict__.keys()
        own = {name: copy.copy(value) for name, value in self.__dict__.items() if name not in there}
        twin.__dict__ |= {**own, "_graph": self._graph, "_shared": True, "meta": {}}
        twin._modules.update(modules)
        type(twin).__name__, type(twin).forward = type(self).__name__, type(self).forward
        return twin

    @property
    def graph(self) -> fx.Graph:
        """The program's graph; a twin gets one of its own when it is first looked at, so that it can be edited."""
        if self.__dict__.get("_shared"):
            self._shared = False
            self._graph = copy.deepcopy(self._graph)
            self._graph.owning_module = self
        return self._graph

    @graph.setter
    def graph(self, graph: fx.Graph) -> None:
        self._shared = False
        fx.GraphModule.graph.__set__(self, graph)  # type: ignore[attr-defined]

    def recompile(self) -> PythonCode:
        code = super().recompile()
        del type(self).__call__  # fx's wrapper prints the line that failed: two calls more a level, and a second report
        return code

    def _recompile_submodules(self) -> list[tuple[str, PythonCode]]:
        return []  # each level is compiled when it is made; fx compiles all below it once more

    def __deepcopy__(self, memo: dict[int, Any]) -> fx.GraphModule:
        _ = self.graph  # not a twin's: copies of one graph would share theirs
        return super().__deepcopy__(memo)

    def __reduce__(self) -> tuple[Any, ...]:
        _ = self.graph
        return _unpickled, (super().__reduce__(), self.meta)


def _at(modules: Mapping[str, nn.Module], path: str) -> nn.Module:
    """The module at a dotted path."""
    head, _, rest = path.partition(".")
    return modules[head].get_submodule(rest)


def _unpickled(reduced: tuple[Any, ...], meta: dict[str, Any]) -> fx.GraphModule:
    make, arguments = reduced
    module: fx.GraphModule = make(*arguments)
    type(module).__bases__ = (Program,)  # torch makes a class for each program, and unpickles it as its own kind
    type(module).__call__ = nn.Module.__call__  # type: ignore[method-assign]
    module.meta.update(meta)
    return module
