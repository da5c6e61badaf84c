"""HDF5 whose inner structures are changed and whose inner checksums are put right after it."""

import struct

from fuzzing.structure import MARK, blind, pick, sealed
from numpy.random import Generator

SIGNED = (b"OHDR", b"OCHK", b"FRHP", b"BTHD", b"BTLF", b"FSHD", b"FSSE")
HEAP = b"GCOL"  # has no checksum
LONGEST = 500  # bytes of a structure that is looked for
M = 0xFFFFFFFF

Part = tuple[int, int]  # first byte and length, without the checksum
KNOWN: dict[bytes, list[Part]] = {}


def learn(body: bytes) -> None:
    """Find the structures of a sound file: where the next four bytes are the checksum."""
    parts = []
    for at in range(len(body) - 8):
        if body[at : at + 4] in SIGNED:
            lengths = range(8, min(LONGEST, len(body) - at - 4))
            ends = (n for n in lengths if _stored(body, at + n) == lookup3(body[at : at + n]))
            parts += [(at, n) for n in ends][:1]
        elif body[at : at + 4] == HEAP:
            parts.append((at, 1024))
    KNOWN[body] = parts


def netcdf(content: bytes, rng: Generator) -> bytes:
    """The first change forges; HDF5 is not to see what it returns, so that later ones are blind."""
    body = content.rpartition(MARK)[0]
    return sealed(forged(body, rng) if body in KNOWN else blind(body, rng))


def forged(body: bytes, rng: Generator) -> bytes:
    """Bytes, counts or addresses of one to three structures changed."""
    data, parts = bytearray(body), KNOWN[body]
    for _ in range(pick(rng, (1, 1, 2, 3))):
        first, length = pick(rng, parts)
        at = first + int(rng.integers(4, length))
        match int(rng.integers(6)):
            case 0:
                data[at] ^= 1 << int(rng.integers(8))
            case 1:
                data[at] = pick(rng, (0, 1, 2, 255, int(rng.integers(256))))
            case 2:  # another structure, or this one, as a loop would have it
                _put(data, at, "<Q", pick(rng, (first, pick(rng, parts)[0])), first + length)
            case 3:
                _put(data, at, "<Q", pick(rng, (0, 1, 8, 2**64 - 1, 2**64 - 16)), first + length)
            case 4:
                _put(data, at, "<H", pick(rng, (0, 1, 65535)), first + length)
            case _:
                _put(data, at, "<I", pick(rng, (0, 1, 2**31, 2**32 - 1)), first + length)
        if data[first : first + 4] != HEAP:
            struct.pack_into("<I", data, first + length, lookup3(data[first : first + length]))
    return bytes(data)


def _put(data: bytearray, at: int, kind: str, value: int, end: int) -> None:
    if at + struct.calcsize(kind) <= end:
        struct.pack_into(kind, data, at, value)


def _stored(body: bytes, at: int) -> int:
    return struct.unpack_from("<I", body, at)[0]


def lookup3(key: bytes | bytearray) -> int:
    """Checksum of HDF5's structures: lookup3 of Bob Jenkins (public domain), from zero."""
    a = b = c = (0xDEADBEEF + len(key)) & M
    whole = bytes(key) + bytes(-len(key) % 12)
    words = struct.unpack(f"<{len(whole) // 4}I", whole)
    for i in range(0, len(words) - 3, 3):
        a, b, c = (a + words[i]) & M, (b + words[i + 1]) & M, (c + words[i + 2]) & M
        for k in (4, 6, 8, 16, 19, 4):
            a, b, c = b, (c + b) & M, (a - c) & M ^ _turn(c, k)
    a, b, c = (a + words[-3]) & M, (b + words[-2]) & M, (c + words[-1]) & M
    for k in (14, 11, 25, 16, 4, 14, 24):
        a, b, c = b, (c ^ b) - _turn(b, k) & M, a
    return b


def _turn(x: int, k: int) -> int:
    return (x << k & M) | x >> (32 - k)
