"""Read pages of upstream, each once."""

from __future__ import annotations

from dataclasses import dataclass, field

from factory.errors import SourceError
from factory.sources.http import Downloader
from factory.sources.place import PlaceError

# A hundred releases of a project that has many files, as GitHub lists them, are some 5 MB.
_LIMIT = 32 << 20


@dataclass(frozen=True, kw_only=True)
class Pages:
    """`token` is sent to the addresses that begin with `api` and to no others.

    GitHub answers 60 times an hour without one.
    """

    downloader: Downloader
    api: str
    token: str | None = None
    _known: dict[str, str] = field(default_factory=dict)

    def read(self, url: str) -> str:
        """Return the text behind an address; SourceError that names it."""
        if url not in self._known:
            ours = self.token is not None and url.startswith(f"{self.api}/")
            headers = {"Authorization": f"Bearer {self.token}"} if ours else {}
            try:
                content = self.downloader.read(url, _LIMIT, headers)
            except PlaceError as error:
                raise SourceError(f"{url}: {error.reason}") from error
            self._known[url] = content.decode("utf-8", errors="replace")
        return self._known[url]
