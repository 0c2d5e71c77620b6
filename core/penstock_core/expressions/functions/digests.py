"""Digests and names, as hexadecimal text in lower case; a text's are those of its UTF-8."""

import functools
from collections.abc import Callable
from typing import Final

from penstock_core.expressions.functions.calling.bounds import quoted
from penstock_core.expressions.functions.calling.function import Function, FunctionError, takes

_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha384", "sha512")
_NAMESPACES: Final = ("dns", "url", "oid", "x500")
"""Of RFC 9562."""


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _digest(algorithm: str, value: str | bytes) -> str:
    import hashlib

    return hashlib.new(algorithm, _bytes(value), usedforsecurity=False).hexdigest()


def _hmac(algorithm: str, key: str | bytes, message: str | bytes) -> str:
    name = algorithm.lower().replace("-", "")
    if name not in _ALGORITHMS:
        raise FunctionError(f"there is no algorithm {quoted(algorithm)}: {', '.join(_ALGORITHMS)}")
    if not key:
        raise FunctionError("the key is empty")
    import hmac

    return hmac.new(_bytes(key), _bytes(message), name).hexdigest()


def _uuid(first: str, second: str | None = None) -> str:
    import uuid

    namespace, name = ("url", first) if second is None else (first, second)
    try:
        known = getattr(uuid, f"NAMESPACE_{namespace.upper()}") if namespace in _NAMESPACES else uuid.UUID(namespace)
    except ValueError:
        raise FunctionError(
            f"the namespace {quoted(namespace)} is neither a UUID nor one of {', '.join(_NAMESPACES)}"
        ) from None
    return str(uuid.uuid5(known, name))


def _function(algorithm: str, gives: str, note: str = "") -> Function:
    action: Callable[[str | bytes], str] = functools.partial(_digest, algorithm)
    return Function(
        algorithm,
        takes("string -> string", "bytes -> string"),
        f"The {algorithm.upper().replace('SHA', 'SHA-')} digest of a text or of bytes, as hexadecimal text{note}.",
        f"{algorithm}('abc')",
        gives,
        action=action,
    )


FUNCTIONS: Final = (
    _function("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    _function(
        "sha512",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
    _function("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d", "; for systems that still ask for it"),
    _function("md5", "900150983cd24fb0d6963f7d28e17f72", "; for systems that still ask for it"),
    Function(
        "hmac",
        tuple(
            signature
            for key in ("string", "bytes")
            for message in ("string", "bytes")
            for signature in takes(f"string, {key}, {message} -> string")
        ),
        f"The keyed digest of a message, as hexadecimal text, by {', '.join(_ALGORITHMS)}: algorithm, key, message.",
        "hmac('sha256', 'key', 'message')",
        "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a",
        action=_hmac,
    ),
    Function(
        "uuid",
        takes("string -> string", "string, string -> string"),
        "The UUID (version 5) of a name, always the same: in the namespace `url`, or in that of the first of two texts, `dns`, `url`, `oid`, `x500` or a UUID.",
        "uuid('dns', 'example.com')",
        "cfbff0d1-9375-5685-968c-48ce8b15ae17",
        action=_uuid,
    ),
)
