"""Use numpy: BLAS, LAPACK, FFT, random numbers, SIMD loops, files."""

import io

import numpy as np


def probe_linear_algebra() -> str:
    """Products and solutions agree with what they must be."""
    a = np.array([[4.0, 1, 2], [1, 5, 3], [2, 3, 6]])
    np.testing.assert_allclose(a @ np.linalg.inv(a), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(np.linalg.solve(a, a @ [1, 2, 3]), [1, 2, 3])
    values, vectors = np.linalg.eigh(a)
    np.testing.assert_allclose(vectors @ np.diag(values) @ vectors.T, a)
    n = 200
    big = np.arange(n * n, dtype=float).reshape(n, n) % 7
    by_hand = [sum(float(x) * float(y) for x, y in zip(big[3], big[:, 5], strict=True))]
    np.testing.assert_allclose((big @ big)[3, 5], by_hand[0])
    u, s, vt = np.linalg.svd(big)
    np.testing.assert_allclose(u @ np.diag(s) @ vt, big, atol=1e-8)
    return "products, inverse, eigenvalues and SVD are right"


def probe_transforms_and_random_numbers() -> str:
    """The FFT inverts, and a seeded generator gives the documented stream."""
    signal = np.sin(np.linspace(0, 20, 1000))
    np.testing.assert_allclose(np.fft.irfft(np.fft.rfft(signal), 1000), signal, atol=1e-12)
    numbers = np.random.Generator(np.random.PCG64(12345)).random(3)
    np.testing.assert_allclose(numbers, [0.22733602, 0.31675834, 0.79736546], rtol=1e-6)
    mean = np.random.default_rng(1).normal(5, 1, 100_000).mean()
    assert abs(mean - 5) < 0.02, mean
    return "FFT and random streams are right"


def probe_loops_and_files() -> str:
    """Vectorised loops, sorting, strings and the file format."""
    numbers = np.arange(10_001, dtype=np.float32)
    assert numbers.sum(dtype=np.float64) == 50_005_000
    np.testing.assert_allclose(np.exp(np.log(numbers[1:])), numbers[1:], rtol=1e-5)
    assert (np.sort(numbers[::-1]) == numbers).all()
    assert (np.strings.upper(np.array(["é", "ñandú"])) == ["É", "ÑANDÚ"]).all()
    file = io.BytesIO()
    np.savez_compressed(file, numbers=numbers)
    file.seek(0)
    assert (np.load(file)["numbers"] == numbers).all()
    return "loops, sorting and .npz are right"
