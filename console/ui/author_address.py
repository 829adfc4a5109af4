"""Account ids in addresses. An id may be any text, so what a browser or a proxy would change on the way is written in base64."""

from __future__ import annotations

import base64
import binascii
import re

MOST = 255
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.@:+-]*")  # nothing that is escaped, split or tidied away, such as "/" or ".."
_SIGN = "~"


class AuthorId:
    """A path converter: one address for each id, and one id for each address."""

    regex = r"~?[A-Za-z0-9_.@:+-]+"

    def to_python(self, value: str) -> str:
        """Raises ValueError, which means 404, for an address that to_url() never writes."""
        try:
            text = base64.urlsafe_b64decode(value[1:] + "=" * (-len(value[1:]) % 4)).decode() if value.startswith(_SIGN) else value
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError(value) from error
        if not text or len(text) > MOST or "\x00" in text or self.to_url(text) != value:
            raise ValueError(value)
        return text

    def to_url(self, value: str) -> str:
        if _PLAIN.fullmatch(value):
            return value
        return _SIGN + base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")
