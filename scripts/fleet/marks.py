"""The mark in every frame: an SEI of user data that says which frame of which stream this is and when it left.

The text is plain ASCII, so no emulation prevention is needed and a search over the raw bytes of a file finds it:

    lanewatch-fleet:lane07/main;FN=0000000042;TN=00001764000000123456789;

FN counts the frames of that stream since the program started, without holes, across reconnects; TN is
nanoseconds since 1970. Pure: no GStreamer, the suites use it to read recorded files.
"""

import re

UUID = b"lanewatch-fleet:"  # 16 bytes: what H.264 D.1.7 / H.265 D.2.7 ask for before the data of unregistered user data
PATTERN = re.compile(rb"lanewatch-fleet:([\w./-]{1,64});FN=(\d{10});TN=(\d{20});")
HEADER = {"h264": b"\0\0\0\1\x06", "h265": b"\0\0\0\1\x4e\x01"}  # SEI, prefix SEI
USER_DATA_UNREGISTERED = 5


def mark(encoding, stream, number, unix_ns):
    """The whole NAL unit, with start code."""
    body = UUID + f"{stream};FN={number:010d};TN={unix_ns:020d};".encode()
    if len(body) > 254:
        raise ValueError("stream name too long for a mark")
    return HEADER[encoding] + bytes((USER_DATA_UNREGISTERED, len(body))) + body + b"\x80"


def find(data):
    """All marks in some bytes, in their order: (stream, frame number, unix ns)."""
    return [(m[1].decode(), int(m[2]), int(m[3])) for m in PATTERN.finditer(data)]
