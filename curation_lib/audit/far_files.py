"""A far filesystem as DuckDB should see it: each folder listed once, no byte fetched that was not asked for."""

from __future__ import annotations

from typing import Any

from fsspec.spec import AbstractBufferedFile, AbstractFileSystem


class FarFiles(AbstractFileSystem):  # type: ignore[misc]
    """`fs` for reading finished files only. DuckDB asks for a file's size and time some ten times, and reads in ranges:
    each question would be a request, and each range bring megabytes more, as fsspec reads ahead."""

    cachable = False

    def __init__(self, fs: Any) -> None:
        super().__init__()
        self.protocol, self.far = fs.protocol, fs
        self._known: dict[str, dict[str, dict[str, Any]]] = {}

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        """Of one file. Raises FileNotFoundError where there is none."""
        place = self.far._strip_protocol(path)
        folder = self._parent(place)
        if folder not in self._known:
            self._known[folder] = {one["name"]: one for one in self.far.ls(folder, detail=True)}
        if place not in self._known[folder]:
            raise FileNotFoundError(place)
        return self._known[folder][place]

    def modified(self, path: str) -> Any:
        """When it was written: nobody writes it again."""
        return self.info(path).get("LastModified") or self.far.modified(path)

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        return _FarFile(self, self.far._strip_protocol(path), mode, cache_type="none")


class _FarFile(AbstractBufferedFile):  # type: ignore[misc]
    def _fetch_range(self, start: int, end: int) -> bytes:
        found: bytes = self.fs.far.cat_file(self.path, start=start, end=end)
        return found
