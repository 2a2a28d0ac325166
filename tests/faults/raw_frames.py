"""WebSocket frames byte by byte, for what no client library would send."""

import struct

TEXT, BINARY, CONTINUATION, PING, PONG = 0x1, 0x2, 0x0, 0x9, 0xA


def raw_frame(
    opcode: int, payload: bytes = b"", *, is_last: bool = True, is_masked: bool = True, reserved_bits: int = 0
) -> bytes:
    """The mask is zeros, which is a mask and leaves the payload readable."""
    first = (0x80 if is_last else 0) | reserved_bits << 4 | opcode
    mask_bit = 0x80 if is_masked else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, mask_bit | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, mask_bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, size)
    return head + (bytes(4) if is_masked else b"") + payload
