"""A tiny ViT that knows red from blue: a real model file fitted to five colours, so that its answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def red_detector(folder: Path, *, names: Sequence[str] = ("violence", "neutral"), several: bool = False) -> Path:
    """Fits and saves a model whose first label is high on red frames; with three names, its second is high on blue ones."""
    import torch
    from transformers import ViTConfig, ViTForImageClassification
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, image_size=16, patch_size=8,
        id2label=dict(enumerate(names)), label2id={name: i for i, name in enumerate(names)}, hidden_dropout_prob=0.0,
        problem_type="multi_label_classification" if several else None, layer_norm_eps=1e-5,
    )  # fmt: skip
    model = ViTForImageClassification(config).eval()
    colours = torch.tensor([[1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [-1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, 1.0, -1.0]])
    wanted = torch.full((len(colours), len(names)), -4.0)
    wanted[0, 0] = 4.0
    wanted[1:, -1] = 4.0
    if len(names) > 2:
        wanted[2, 1] = 4.0
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    pixels = colours[:, :, None, None].expand(-1, 3, 16, 16)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(pixel_values=pixels).logits, (wanted > 0).float()).backward()
        optimiser.step()
    model.save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder
