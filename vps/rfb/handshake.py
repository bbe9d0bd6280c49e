"""The server's side of the opening (RFC 6143, 7.1 to 7.3): version, password, ClientInit."""

import hmac
import secrets
import struct

from vps.rfb.auth import CHALLENGE_SIZE, answer_challenge
from vps.rfb.stream import ProtocolError, Stream

VERSION = b"RFB 003.008\n"
VNC_AUTHENTICATION = 2
REFUSED = "Authentication failed"


async def admit(stream: Stream, password: str) -> bool:
    """True when the client has proved the password and may be shown the screen."""
    await stream.write(VERSION)
    if await stream.read(len(VERSION)) != VERSION:
        raise ProtocolError("Only RFB 3.8 is spoken here.")
    await stream.write(bytes([1, VNC_AUTHENTICATION]))
    if await stream.read(1) != bytes([VNC_AUTHENTICATION]):
        raise ProtocolError("Only VNC authentication is offered here.")
    challenge = secrets.token_bytes(CHALLENGE_SIZE)
    await stream.write(challenge)
    answer = await stream.read(CHALLENGE_SIZE)
    if not hmac.compare_digest(answer, answer_challenge(password, challenge)):
        await stream.write(struct.pack(">II", 1, len(REFUSED)) + REFUSED.encode())
        return False
    await stream.write(struct.pack(">I", 0))
    await stream.read(1)  # shared or alone: all the same to us
    return True
