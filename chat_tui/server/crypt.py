"""Sealed blobs: what a client carries for us without being able to read or change it.

AES-GCM from `cryptography`, with a key of this server alone. The nonce is derived from the content,
so the same content gives the same blob and no nonce ever meets two contents.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = b"\x01"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class ForeignBlobError(Exception):
    """The blob was not made by this server, or was changed since."""


class Sealer:
    """Seals and opens blobs under one key; `purpose` binds a blob to the use it was made for."""

    def __init__(self, key: bytes) -> None:
        self._cipher_key = hmac.digest(key, b"encrypt", "sha256")
        self._nonce_key = hmac.digest(key, b"nonce", "sha256")

    @classmethod
    def from_file(cls, path: Path) -> Sealer:
        """Read the key, or make one; when several processes make one at once, one of them wins.

        Raises OSError if the file can be neither read nor made, ValueError if it holds no key.
        """
        if not path.exists():
            draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(secrets.token_bytes(_KEY_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            raise ValueError(f"{path} does not hold a key of {_KEY_BYTES} bytes")
        return cls(key)

    def seal(self, content: bytes, purpose: str) -> str:
        """Return the content encrypted, as URL-safe base64."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 import late

        label = purpose.encode()
        nonce = hmac.digest(self._nonce_key, label + b"\0" + content, "sha256")[:_NONCE_BYTES]
        sealed = AESGCM(self._cipher_key).encrypt(nonce, content, label)
        return base64.urlsafe_b64encode(_VERSION + nonce + sealed).decode()

    def open(self, blob: str, purpose: str) -> bytes:
        """Return what was sealed. Raises ForeignBlobError."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 import late
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 import late

        try:
            raw = base64.b64decode(blob.encode("ascii"), altchars=b"-_", validate=True)
            if raw[:1] != _VERSION:
                raise ForeignBlobError
            nonce, sealed = raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :]
            return AESGCM(self._cipher_key).decrypt(nonce, sealed, purpose.encode())
        except (UnicodeEncodeError, binascii.Error, InvalidTag, ValueError) as error:
            raise ForeignBlobError from error
