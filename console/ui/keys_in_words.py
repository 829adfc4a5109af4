"""Names of shared attributes, as kinds keep them, in words; and which of them tie one account to another."""

from __future__ import annotations

KEY_WORDS = {
    "device": "Device", "ip": "Network address", "card": "Card", "phone": "Phone", "email": "E-mail", "handle": "Handle",
    "address": "Delivery address", "user": "Payer", "author": "Author", "account": "Account", "uploader": "Uploader",
    "subject": "Subject", "merchant": "Merchant",
}  # fmt: skip


def masked_key(name: str, value: str) -> str:
    """Enough to tell two apart, too little to use."""
    if name == "email":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}•••@{domain}" if local else "•••"
    if name == "ip":
        sign = "." if "." in value else ":"
        return sign.join([*value.split(sign)[:3], "•"])
    return f"•••• {value[-3:]}" if len(value) > 6 else "••••"
