"""Use scikit-learn: fit, predict, cluster."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC


def probe_models() -> str:
    """Three classifiers learn the irises; k-means finds the blobs."""
    data, kinds = load_iris(return_X_y=True)
    for model in (LogisticRegression(max_iter=1000), SVC(), RandomForestClassifier(20)):
        score = cross_val_score(model, data, kinds).mean()
        assert score > 0.9, (model, score)
    points, labels = make_blobs(300, centers=[[0, 0], [9, 9], [0, 9]], random_state=1)
    found = KMeans(3, n_init=3, random_state=1).fit_predict(points)
    assert all(len(np.unique(found[labels == n])) == 1 for n in range(3))
    return "three classifiers and k-means are right"
