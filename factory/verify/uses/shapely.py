"""Use shapely: unions, buffers, predicates, WKB, trees; through GEOS, which is C++."""

import numpy as np
import shapely
from shapely import STRtree, wkt
from shapely.errors import GEOSException
from shapely.geometry import Point, Polygon, box


def probe_geometry() -> str:
    """Areas and predicates are right, and a C++ exception becomes a Python one."""
    union = shapely.union_all([box(0, 0, 2, 2), box(1, 1, 3, 3)])
    assert union.area == 7
    assert abs(Point(0, 0).buffer(1, quad_segs=256).area - np.pi) < 1e-4
    assert union.contains(Point(2.5, 2.5))
    assert not union.contains(Point(0.5, 2.5))
    assert shapely.from_wkb(shapely.to_wkb(union)).equals(union)
    assert not Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]).is_valid
    points = shapely.points(np.random.default_rng(1).random((10_000, 2)) * 4)
    found = STRtree(points).query(union, predicate="contains")
    assert len(found) == shapely.contains(union, points).sum()
    try:
        wkt.loads("POLYGON ((0 0, 1 1")
    except GEOSException:
        return f"unions, predicates and trees with GEOS {shapely.geos_version_string}"
    raise AssertionError("broken WKT was accepted")
