"""Use scipy: optimisation, sparse solvers, integration, special functions, statistics."""

import numpy as np
from scipy import fft, integrate, interpolate, linalg, optimize, signal, sparse, spatial, special
from scipy import stats as statistics
from scipy.sparse.linalg import eigsh, spsolve


def probe_optimisation() -> str:
    """Minimise Rosenbrock's function, find a root, solve a linear program."""
    found = optimize.minimize(optimize.rosen, [1.3, 0.7, 0.8, 1.9, 1.2], method="BFGS")
    np.testing.assert_allclose(found.x, np.ones(5), atol=1e-4)
    assert abs(optimize.brentq(lambda x: x * x - 2, 0, 2) - 2**0.5) < 1e-9
    program = optimize.linprog([-1, -2], A_ub=[[1, 1], [1, -1]], b_ub=[4, 1])
    np.testing.assert_allclose(program.x, [0, 4], atol=1e-9)
    return "BFGS, Brent and HiGHS are right"


def probe_sparse_and_dense_algebra() -> str:
    """Sparse LU, ARPACK, and LAPACK through scipy's own copy."""
    n = 500
    matrix = sparse.diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(n, n), format="csc")
    np.testing.assert_allclose(matrix @ spsolve(matrix, np.ones(n)), np.ones(n))
    largest = eigsh(matrix, k=1, return_eigenvectors=False)[0]
    np.testing.assert_allclose(largest, 2 + 2 * np.cos(np.pi / (n + 1)))
    a = np.array([[1.0, 2], [3, 4]])
    np.testing.assert_allclose(linalg.expm(linalg.logm(a)).real, a, atol=1e-10)
    return "sparse LU, ARPACK and LAPACK are right"


def probe_analysis() -> str:
    """Integrals, splines, FFT, filters, triangulation, distributions."""
    np.testing.assert_allclose(integrate.quad(np.sin, 0, np.pi)[0], 2)
    decay = integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0], rtol=1e-8)
    np.testing.assert_allclose(decay.y[0, -1], np.exp(-1), rtol=1e-6)
    x = np.linspace(0, 6, 50)
    np.testing.assert_allclose(interpolate.CubicSpline(x, np.sin(x))(1.234), np.sin(1.234), 1e-4)
    np.testing.assert_allclose(fft.idct(fft.dct(x)), x, atol=1e-12)
    assert signal.butter(4, 0.2, output="sos").shape == (2, 6)
    assert len(spatial.Delaunay([[0, 0], [0, 1], [1, 0], [1, 1]]).simplices) == 2
    np.testing.assert_allclose(special.gamma([5, 0.5]), [24, np.sqrt(np.pi)])
    np.testing.assert_allclose(statistics.norm.cdf(1.96), 0.9750021, rtol=1e-6)
    return "quadrature, ODEs, splines, DCT, Qhull and distributions are right"
