"""VNC authentication (RFC 6143, 7.2.2)."""

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

CHALLENGE_SIZE = 16  # bytes


def answer_challenge(password: str, challenge: bytes) -> bytes:
    """The 16 bytes that prove the password, of which VNC uses the first 8 bytes."""
    short = password.encode()[:8].ljust(8, b"\0")
    # VNC reads each byte of the key from its lowest bit; three equal keys make plain DES
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in short)
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305 (the protocol's own)
    return encryptor.update(challenge) + encryptor.finalize()
