"""Publish as the assets of one GitHub release.

https://docs.github.com/en/rest/releases
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import requests

from factory.errors import PublishError
from factory.publish.http import TIMEOUT, advice, parsed, reason, status

_API, _SERVER = "https://api.github.com", "https://github.com"


class GitHubRelease:
    """The release of a tag of `OWNER/REPO`; it is a draft until everything is there.

    GITHUB_API_URL and GITHUB_SERVER_URL name another server, as in GitHub Actions.
    """

    def __init__(self, repository: str, tag: str, token: str | None) -> None:
        self._repository, self._tag = repository, tag
        self._api = os.environ.get("GITHUB_API_URL", _API).rstrip("/")
        self._server = os.environ.get("GITHUB_SERVER_URL", _SERVER).rstrip("/")
        self._http = requests.Session()
        self._http.headers["X-GitHub-Api-Version"] = "2022-11-28"
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"
        self._known: dict[str, Any] | None = None

    def url(self, name: str) -> str:
        """Return the address under which a file can be downloaded."""
        return f"{self._server}/{self._repository}/releases/download/{self._tag}/{name}"

    def hashes(self) -> dict[str, str]:
        """Return the digests that GitHub computed, of assets that are whole."""
        return {
            name: str(asset["digest"]).removeprefix("sha256:")
            for name, asset in self._assets().items()
            if asset["state"] == "uploaded" and asset.get("digest")
        }

    def read(self, name: str) -> str | None:
        """Return the text of an asset; None where there is none."""
        asset = self._assets().get(name)
        if asset is None or asset["state"] != "uploaded":
            return None
        return self._ask("GET", asset["url"], accept="application/octet-stream").content.decode(
            "utf-8"
        )

    def put(self, name: str, file: Path) -> None:
        """Upload a file, after removing what is there under its name, in part or whole."""
        release = self._release() or self._create()
        if asset := self._assets().get(name):
            self._ask("DELETE", asset["url"])
        address = str(release["upload_url"]).partition("{")[0]
        with file.open("rb") as content:
            self._ask("POST", f"{address}?name={name}", data=content, size=file.stat().st_size)

    def finish(self) -> None:
        """Make a draft public."""
        release = self._release()
        if release is not None and release["draft"]:
            self._ask("PATCH", release["url"], json={"draft": False})
        self._http.close()

    def _release(self) -> dict[str, Any] | None:
        """Find the release; that of a draft has no tag yet, so it stands in the list alone."""
        if self._known is None:
            releases = parsed(self._ask("GET", self._place("releases?per_page=100")))
            found = (one for one in releases if one["tag_name"] == self._tag)
            self._known = next(found, None)
        return self._known

    def _create(self) -> dict[str, Any]:
        wanted = {"tag_name": self._tag, "name": self._tag, "draft": True}
        created: dict[str, Any] = parsed(self._ask("POST", self._place("releases"), json=wanted))
        self._known = created
        return created

    def _assets(self) -> dict[str, dict[str, Any]]:
        """Ask each time: uploads of an interrupted call come and go."""
        release = self._release()
        if release is None:
            return {}
        found: dict[str, dict[str, Any]] = {}
        page = 1
        while rows := parsed(self._ask("GET", f"{release['url']}/assets?per_page=100&page={page}")):
            found |= {row["name"]: row for row in rows}
            page += 1
        return found

    def _place(self, rest: str) -> str:
        return f"{self._api}/repos/{self._repository}/{rest}"

    def _ask(
        self,
        method: str,
        url: str,
        *,
        accept: str = "application/vnd.github+json",
        json: object = None,
        data: Any = None,
        size: int | None = None,
    ) -> requests.Response:
        headers = {"Accept": accept}
        if size is not None:
            headers |= {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        try:
            answer = self._http.request(
                method, url, headers=headers, json=json, data=data, timeout=TIMEOUT
            )
        except requests.RequestException as error:
            raise PublishError(
                f"{method} {url}: {reason(error, TIMEOUT)}",
                hint="the release stays a draft: run it again",
            ) from error
        if not answer.ok:
            raise PublishError(f"{method} {url}: {status(answer)}", hint=advice(answer))
        return answer
