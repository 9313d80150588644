"""Use matplotlib: draw with Agg, write PNG, SVG and PDF."""

import io

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot as plt


def probe_figure() -> str:
    """A figure with text and a formula, in three formats; the PNG has the line's colour."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(4, 2), dpi=80)
    x = np.linspace(0, 6, 200)
    left.plot(x, np.sin(x), color=(1, 0, 0), linewidth=4)
    left.set_title(r"$\int_0^6 \sin x\,dx$ für é")
    right.contourf(np.outer(x, x))
    sizes = {}
    for kind, magic in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        file = io.BytesIO()
        figure.savefig(file, format=kind)
        assert file.getvalue().startswith(magic), kind
        sizes[kind] = len(file.getvalue())
    pixels = np.asarray(figure.canvas.buffer_rgba())
    assert pixels.shape == (160, 320, 4)
    red = (pixels[..., 0] > 250) & (pixels[..., 1] < 5)
    assert red.sum() > 100, red.sum()
    return f"a figure as {', '.join(f'{kind} of {size} bytes' for kind, size in sizes.items())}"
