"""The index of a crawl asked of the server that looks addresses up (pywb's CDXJ API), page by page.

The server is one for all the world and often overloaded: `index_files` gives the same captures without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

import orjson

from mathmill.data.errors import DamagedInput
from mathmill.pipeline.fetch.captures import BadLine, Capture, of_fields
from mathmill.pipeline.fetch.pace import Pace
from mathmill.pipeline.fetch.servers import HttpServer
from mathmill.pipeline.fetch.troubles import NotThere

_NOTHING = "No Captures found"  # what stands in a 404 that means: none
_MOST_PAGE = 256 << 20  # bytes of one page: some 15,000 lines
_MOST_PAGES = 1_000_000


class IndexServer:
    """The index server, asked about one crawl."""

    def __init__(self, server: HttpServer, crawl: str) -> None:
        self._server = server
        self._crawl = crawl

    @property
    def pace(self) -> Pace:
        return self._server.pace

    def captures(self, beginnings: Iterable[str]) -> Iterator[Capture]:
        """All captures whose keys begin so; as `IndexFiles.captures` gives them.

        Raises:
            DamagedInput: an answer is not what it should be.
            InputMissing: it cannot be had.
        """
        for beginning in beginnings:
            asked = {"url": _address(beginning), "matchType": "prefix", "output": "json"}
            if beginning.endswith(","):  # the hosts in a domain: asked for with the domain itself
                asked = {**asked, "url": _address(beginning[:-1] + ")"), "matchType": "domain"}
            elif beginning.endswith(" "):
                asked = {**asked, "matchType": "exact"}
            for page in range(self._pages(asked)):
                for line in self._ask({**asked, "page": str(page)}).splitlines():
                    capture = self._capture(line)
                    if f"{capture.key} ".startswith(beginning):
                        yield capture

    def _pages(self, asked: dict[str, str]) -> int:
        data = self._ask({**asked, "showNumPages": "true"})
        if not data.strip():
            return 0
        try:
            told = orjson.loads(data)
            pages = int(told["pages"] if isinstance(told, dict) else told)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise DamagedInput(f"the index server does not say how many pages there are: {data[:200]!r}") from error
        if not 0 <= pages <= _MOST_PAGES:
            raise DamagedInput(f"the index server says that there are {pages:,} pages: narrow the pattern")
        return pages

    def _ask(self, asked: dict[str, str]) -> bytes:
        try:
            return self._server.whole(f"{self._crawl}-index?{urlencode(asked)}", _MOST_PAGE)
        except NotThere as error:
            if _NOTHING in str(error):
                return b""
            raise

    def _capture(self, line: bytes) -> Capture:
        try:
            return of_fields(orjson.loads(line))
        except (orjson.JSONDecodeError, BadLine, AttributeError) as error:
            raise DamagedInput(f"the index server gives no capture ({error}): {line[:200]!r}") from error


def _address(beginning: str) -> str:
    """The address that stands for a beginning of keys."""
    host, _, path = beginning.partition(")")
    return f"{'.'.join(reversed(host.split(',')))}/{path.removeprefix('/').rstrip(' ?')}"
