"""Secrets that can be recognised, in every form in which they could come out, and the search for them."""

import base64
import hashlib
import html
import io
import json
import os
import random
import urllib.parse
import zipfile

MOST = 64 << 20       # bytes that are looked at in one go; the next begin so much before the end of those
OVERLAP = 1 << 12


def sequence(value, altchars=None):
    """What base64 has of a value whatever stands before and after it: three strings, one for each place in a group of three."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + value, altchars).decode()
        # The characters that are made of bits of the value alone.
        yield text[-(-before * 8 // 6):(before + len(value)) * 8 // 6]


def forms(value, realm="camera", user="admin"):
    """{name of a form: bytes}. Digest: what opens a camera of that realm as the password itself does (RFC 7616, HA1)."""
    raw = value.encode()
    out = {"plain": raw, "percent": urllib.parse.quote(value, safe="").encode(), "form": urllib.parse.quote_plus(value).encode(),
           "address": urllib.parse.quote(value).encode(), "html": html.escape(value).encode(), "json": json.dumps(value)[1:-1].encode(),
           "debug": value.replace("\\", "\\\\").replace('"', '\\"').encode(), "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(),
           "list of bytes": ", ".join(map(str, raw)).encode(),
           "digest": hashlib.md5(f"{user}:{realm}:{value}".encode()).hexdigest().encode()}
    out["percent, small"] = "".join(c.lower() if at and "%" in out["percent"].decode()[max(0, at - 2):at] else c
                                    for at, c in enumerate(out["percent"].decode())).encode()
    for n, (plain, url) in enumerate(zip(sequence(raw), sequence(raw, b"-_"))):
        out[f"base64+{n}"], out[f"base64url+{n}"] = plain.encode(), url.encode()
    return out


class Canaries:
    """`values`: {what it is: the secret}."""

    def __init__(self, values):
        self.values, self.patterns = values, {}
        for what, value in values.items():
            for form, pattern in forms(value).items():
                self.patterns.setdefault(pattern, f"{what} ({form})")

    def in_bytes(self, data):
        """Names of what is found; archives are looked into."""
        found = {name for pattern, name in self.patterns.items() if pattern in data}
        if data[:4] == b"PK\3\4":
            try:
                with zipfile.ZipFile(io.BytesIO(data)) as packed:
                    for entry in packed.infolist():
                        found |= self.in_bytes(entry.filename.encode() + b"\0" + packed.read(entry))
            except zipfile.BadZipFile:
                pass
        return found

    def in_file(self, path):
        with open(path, "rb") as f:
            head = f.read(MOST)
            if head[:4] == b"PK\3\4":
                return self.in_bytes(head + f.read())
            found, tail = set(), b""
            while head:
                found |= self.in_bytes(tail + head)
                tail, head = head[-OVERLAP:], f.read(MOST)
        return found

    def missed(self):
        """Of all secrets in all forms, in the midst of noise and in an archive: those that the search does not find."""
        out = []
        for pattern, name in self.patterns.items():
            noise = random.Random(7).randbytes(999)
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("manifest.json", noise + pattern + noise)
            out += [name for data in (noise + pattern + noise, packed.getvalue()) if name not in self.in_bytes(data)]
        for what, value in self.values.items():
            for before in (b"admin:", b"x:", b"ab:"):
                text = base64.b64encode(before + value.encode() + b"!")
                out += [f"{what} behind {before}" for _ in [0] if not any(what in name for name in self.in_bytes(text))]
        return out


def below(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
