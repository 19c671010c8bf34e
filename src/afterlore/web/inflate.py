"""Decompression that stops at a limit: a small body cannot grow without bound."""

import zlib

__all__ = ["BadCompression", "Inflater", "TooLarge", "gunzip"]


class TooLarge(Exception):
    """The output would pass the limit. ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes after decompression")
        self.limit = limit


class BadCompression(Exception):
    """The bytes are not what their encoding says, or end early."""


class Inflater:
    """Takes the chunks of one body in one encoding and holds what they decode to, at most ``limit`` bytes.

    ``encoding`` is ``identity``, ``gzip`` (several members are joined) or ``deflate`` (with or without its zlib header,
    since servers send both). ``truncate`` keeps the first ``limit`` bytes instead of raising TooLarge.
    """

    def __init__(self, encoding: str, limit: int, *, truncate: bool = False) -> None:
        self._encoding = encoding
        self._limit = limit
        self._truncate = truncate
        self._wbits = {"identity": 0, "gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}[encoding]
        self._stream = zlib.decompressobj(self._wbits) if self._wbits else None
        self._out = bytearray()
        self._started = False
        self.full = False
        """Whether ``truncate`` cut the body: nothing more need be fed."""

    def feed(self, chunk: bytes) -> None:
        """Decode the next chunk. Raises TooLarge, or BadCompression."""
        if self.full or not chunk:
            return
        if self._stream is None:
            self._keep(chunk)
            return
        try:
            self._inflate(chunk)
        except zlib.error as error:
            raise BadCompression(f"not valid {self._encoding} data: {error}") from error

    def finish(self) -> bytes:
        """The whole body. Raises BadCompression when the compressed data stop before their end."""
        if self._stream is not None and self._started and not self._stream.eof and not self.full:
            raise BadCompression(f"the {self._encoding} data end early")
        return bytes(self._out)

    def _inflate(self, chunk: bytes) -> None:
        assert self._stream is not None
        while chunk and not self.full:
            if self._stream.eof:
                if self._encoding != "gzip" or not chunk.startswith(b"\x1f"):
                    return  # padding after the end is ignored, as every browser does
                self._stream = zlib.decompressobj(self._wbits)
            # One byte more than is allowed is enough to know that the limit is passed.
            room = self._limit - len(self._out) + 1
            try:
                decoded = self._stream.decompress(chunk, room)
            except zlib.error:
                if self._started or self._encoding != "deflate":
                    raise
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
                decoded = self._stream.decompress(chunk, room)
            self._started = True
            self._keep(decoded)
            chunk = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _keep(self, piece: bytes) -> None:
        self._out += piece
        if len(self._out) > self._limit:
            if not self._truncate:
                raise TooLarge(self._limit)
            del self._out[self._limit :]
            self.full = True


def gunzip(data: bytes, limit: int) -> bytes:
    """What gzip data decode to. Raises TooLarge past ``limit`` bytes, BadCompression when they are damaged."""
    inflater = Inflater("gzip", limit)
    inflater.feed(data)
    return inflater.finish()
