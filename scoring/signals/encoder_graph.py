"""The encoder as a fused ONNX graph, written straight from its weights, then quantised to int8 per channel.

Writing the fused operators ourselves (Attention, SkipLayerNormalization, Gelu of the com.microsoft domain) gives the graph
that an optimiser would find after tracing, without loading torch, and the same bytes whatever version of torch is installed.
Architecture: Devlin et al. 2019 (BERT), post-norm; pooling: Reimers and Gurevych 2019 (masked mean, then L2).
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTISATION = "int8-perchannel-v1"
OPSET, MICROSOFT = 17, "com.microsoft"
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What config.json says of the network."""

    layers: int
    heads: int
    epsilon: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Shape:
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ValueError("only BERT encoders with exact GELU can be exported")
        return cls(int(config["num_hidden_layers"]), int(config["num_attention_heads"]), float(config["layer_norm_eps"]))


class _Graph:
    """Collects nodes and initialisers; each method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, op: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, [output], name=f"{output}_{op}", domain=domain, **attributes))
        return output

    def dense(self, name: str, value: str, weight: NDArray[Any]) -> str:
        return self.add("MatMul", [value, self.constant(f"{name}.weight", weight.T)], f"{name}.product")


def _embeddings(graph: _Graph, state: Arrays, epsilon: float) -> str:
    """Word + position + type, then layer norm. The word table is kept in half precision: it is two thirds of the file."""
    words = graph.constant("words", state["embeddings.word_embeddings.weight"].astype(np.float16))
    places = state["embeddings.position_embeddings.weight"] + state["embeddings.token_type_embeddings.weight"][0]
    looked_up = graph.add("Gather", [words, "input_ids"], "words.half")
    full = graph.add("Cast", [looked_up], "words.full", to=1)
    graph.constant("axis1", np.array([1], np.int64))
    graph.constant("axis0", np.array([0], np.int64))
    shape = graph.add("Shape", ["input_ids"], "ids.shape")
    length = graph.add("Slice", [shape, "axis1", graph.constant("two", np.array([2], np.int64))], "ids.length")
    table = graph.constant("places", places.astype(np.float32))
    place = graph.add("Slice", [table, "axis0", length], "places.used")
    norm = [graph.constant(f"embeddings.{n}", state[f"embeddings.LayerNorm.{n}"]) for n in ("weight", "bias")]
    total = graph.add("Add", [full, place], "embeddings.sum")
    return graph.add("LayerNormalization", [total, *norm], "embeddings.out", axis=-1, epsilon=epsilon)


def _skip_norm(graph: _Graph, state: Arrays, prefix: str, value: str, skip: str, epsilon: float) -> str:
    norm = [graph.constant(f"{prefix}.norm.{n}", state[f"{prefix}.LayerNorm.{n}"]) for n in ("weight", "bias")]
    bias = graph.constant(f"{prefix}.bias", state[f"{prefix}.dense.bias"])
    return graph.add("SkipLayerNormalization", [value, skip, *norm, bias], f"{prefix}.out", MICROSOFT, epsilon=epsilon)


def _layer(graph: _Graph, state: Arrays, number: int, value: str, shape: Shape) -> str:
    p = f"encoder.layer.{number}"
    parts = [f"{p}.attention.self.{n}" for n in ("query", "key", "value")]
    weight = np.concatenate([state[f"{part}.weight"].T for part in parts], axis=1)
    bias = np.concatenate([state[f"{part}.bias"] for part in parts])
    inputs = [value, graph.constant(f"{p}.qkv", weight), graph.constant(f"{p}.qkv_bias", bias), "mask32"]
    attended = graph.add("Attention", inputs, f"{p}.attended", MICROSOFT, num_heads=shape.heads)
    mixed = graph.dense(f"{p}.mixed", attended, state[f"{p}.attention.output.dense.weight"])
    after = _skip_norm(graph, state, f"{p}.attention.output", mixed, value, shape.epsilon)
    wide = graph.dense(f"{p}.wide", after, state[f"{p}.intermediate.dense.weight"])
    bias_name = graph.constant(f"{p}.wide_bias", state[f"{p}.intermediate.dense.bias"])
    active = graph.add("BiasGelu", [wide, bias_name], f"{p}.active", MICROSOFT)
    narrow = graph.dense(f"{p}.narrow", active, state[f"{p}.output.dense.weight"])
    return _skip_norm(graph, state, f"{p}.output", narrow, after, shape.epsilon)


def _pool(graph: _Graph, hidden: str) -> str:
    mask = graph.add("Cast", ["attention_mask"], "mask.float", to=1)
    column = graph.add("Unsqueeze", [mask, graph.constant("last", np.array([2], np.int64))], "mask.column")
    kept = graph.add("Mul", [hidden, column], "pool.kept")
    total = graph.add("ReduceSum", [kept, "axis1"], "pool.total", keepdims=0)
    count = graph.add("ReduceSum", [mask, "axis1"], "pool.count", keepdims=1)
    mean = graph.add("Div", [total, count], "mean")
    return graph.add("LpNormalization", [mean], "embedding", axis=1, p=2)


def _head(graph: _Graph, state: Arrays, name: str, value: str, output: str) -> None:
    weight = graph.constant(f"{name}.weight", state[f"{name}.weight"].T.astype(np.float32))
    product = graph.add("MatMul", [value, weight], f"{name}.keep")
    graph.add("Add", [product, graph.constant(f"{name}.bias", state[f"{name}.bias"].astype(np.float32))], output)


def build_graph(state: Arrays, config: Mapping[str, Any]) -> Any:
    """An onnx ModelProto: input_ids, attention_mask (both int64, batch x length) -> embedding (float32, batch x hidden).

    A `head.weight`/`head.bias` in `state` adds `logits` (batch x labels) over the plain mean; `token_head.*` adds
    `token_logits` (batch x length x labels).
    """
    from onnx import TensorProto, helper

    shape, graph = Shape.from_config(config), _Graph()
    graph.add("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    hidden = _embeddings(graph, state, shape.epsilon)
    for number in range(shape.layers):
        hidden = _layer(graph, state, number, hidden, shape)
    _pool(graph, hidden)
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", None])]
    if "head.weight" in state:
        _head(graph, state, "head", "mean", "logits")
        outputs.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", None]))
    if "token_head.weight" in state:
        _head(graph, state, "token_head", hidden, "token_logits")
        outputs.append(helper.make_tensor_value_info("token_logits", TensorProto.FLOAT, ["batch", "length", None]))
    names = ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "length"]) for n in names]
    body = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.weights)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=8, producer_name="second-look")


def quantise(model: Any, out: Path) -> None:
    """Dynamic int8, one scale for each output channel: one scale for a whole matrix loses too much."""
    import onnx
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float.onnx"
        onnx.save(model, plain)
        heads = [n.name for n in model.graph.node if n.name.endswith(".keep_MatMul")]
        logging.disable(logging.WARNING)  # it advises a preparation that a hand-written graph does not need
        try:
            quantize_dynamic(
                plain, out, op_types_to_quantize=["MatMul", "Attention"], per_channel=True, weight_type=QuantType.QInt8,
                nodes_to_exclude=heads, extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
            )  # fmt: skip
        finally:
            logging.disable(logging.NOTSET)
