"""Push images to an OCI registry.

https://github.com/opencontainers/distribution-spec
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from factory.console import Console
from factory.errors import PublishError
from factory.model.target import Flavor
from factory.publish.collect import Manifest, Published, collect
from factory.publish.http import TIMEOUT, advice, parsed, reason, status
from factory.publish.image import INDEX, MANIFEST, Blob, Image, make_image, make_index
from factory.publish.step import Step


class Registry:
    """One repository of a registry; `address` is HOST/REPOSITORY.

    A `token` is a password or access token; registries that want it exchanged say where to.
    """

    def __init__(self, address: str, token: str | None) -> None:
        host, separator, self._repository = address.partition("/")
        if not separator or not re.fullmatch(r"[a-z0-9]+([._/-]+[a-z0-9]+)*", self._repository):
            raise PublishError(
                f"--to oci://{address}: wanted HOST/REPOSITORY, in small letters",
                hint="such as oci://registry.example.org/owner/python",
            )
        # As Docker does: what is on this machine needs no certificate.
        local = host.partition(":")[0] in ("localhost", "127.0.0.1")
        self._base = f"http{'' if local else 's'}://{host}/v2/{self._repository}/"
        self._token = token
        self._http = requests.Session()

    def tagged(self, tag: str) -> Blob | None:
        """Return the index or manifest of a tag; None where there is none."""
        answer = self._ask("GET", f"manifests/{tag}", allowed=(404,))
        if answer.status_code == 404:
            return None
        parsed(answer)
        return Blob(media_type=answer.headers.get("Content-Type", ""), content=answer.content)

    def push(self, image: Image) -> None:
        """Push an image under its digest: the layer, the configuration, what names both."""
        for blob in (image.layer, image.config):
            if self._ask("HEAD", f"blobs/{blob.digest}", allowed=(404,)).status_code == 404:
                place = self._ask("POST", "blobs/uploads/").headers["Location"]
                separator = "&" if "?" in place else "?"
                self._ask("PUT", f"{place}{separator}digest={blob.digest}", data=blob.content)
        self.name(image.manifest, image.manifest.digest)

    def name(self, blob: Blob, reference: str) -> None:
        """Store a manifest or an index under a tag or its digest."""
        self._ask("PUT", f"manifests/{reference}", data=blob.content, kind=blob.media_type)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _ask(
        self,
        method: str,
        place: str,
        *,
        data: bytes | None = None,
        kind: str = "application/octet-stream",
        allowed: tuple[int, ...] = (),
    ) -> requests.Response:
        url = urljoin(self._base, place)
        headers = {"Accept": f"{INDEX}, {MANIFEST}", "Content-Type": kind}
        try:
            answer = self._http.request(method, url, data=data, headers=headers, timeout=TIMEOUT)
            if answer.status_code == 401 and self._log_in(answer):
                answer = self._http.request(
                    method, url, data=data, headers=headers, timeout=TIMEOUT
                )
        except requests.RequestException as error:
            raise PublishError(
                f"{method} {url}: {reason(error, TIMEOUT)}", hint="run it again"
            ) from error
        if not answer.ok and answer.status_code not in allowed:
            raise PublishError(f"{method} {url}: {status(answer)}", hint=advice(answer))
        return answer

    def _log_in(self, answer: requests.Response) -> bool:
        """Do what a registry asks for: https://distribution.github.io/distribution/spec/auth/"""
        if self._token is None:
            return False
        scheme, _, rest = answer.headers.get("WWW-Authenticate", "").partition(" ")
        user, separator, password = self._token.partition(":")
        pair = (user, password) if separator else ("token", self._token)
        if scheme.lower() == "basic":
            self._http.auth = pair
            return True
        asked = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if scheme.lower() != "bearer" or "realm" not in asked:
            return False
        wanted = {key: asked[key] for key in ("service", "scope") if key in asked}
        got = requests.get(asked["realm"], params=wanted, auth=pair, timeout=TIMEOUT)
        found = parsed(got) if got.ok else None
        # https://distribution.github.io/distribution/spec/auth/token/#token-response-fields
        token = isinstance(found, dict) and (found.get("token") or found.get("access_token"))
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"
        return bool(token)


def publish_images(
    folder: Path, registry: Registry, console: Console, *, execute: bool
) -> tuple[Step, ...]:
    """Bring the tags of a repository up to date: 3.13.15 and 3.13 for each Python.

    A tag names all architectures: those that are not in `folder` stay as they are.
    """
    steps: list[Step] = []
    for python, artifacts in _by_python(collect(folder, console)):
        images = [make_image(one, folder / one.name, epoch) for one, epoch in artifacts]
        for tag in (python, python.rpartition(".")[0]):
            there = registry.tagged(tag)
            index = make_index(images, _rows(there))
            if there is not None and there.digest == index.digest:
                continue
            why = "differs" if there else "new"
            steps.append(Step(name=tag, sha256=index.digest.partition(":")[2], why=why))
            if execute:
                console.note(f"pushing {tag}")
                for image in images:
                    registry.push(image)
                registry.name(index, tag)
    return tuple(steps)


def _by_python(
    manifests: tuple[Manifest, ...],
) -> Iterator[tuple[str, list[tuple[Published, int]]]]:
    found: dict[str, list[tuple[Published, int]]] = {}
    for manifest in manifests:
        for one in manifest.artifacts:
            if one.flavor is Flavor.SINGLE:
                found.setdefault(one.python, []).append((one, manifest.epoch))
    yield from sorted(found.items())


def _rows(there: Blob | None) -> list[dict[str, Any]]:
    data = json.loads(there.content) if there is not None else {}
    rows: list[dict[str, Any]] = data.get("manifests", [])
    return rows
