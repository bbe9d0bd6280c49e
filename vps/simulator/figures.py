"""Lifelike figures as pure functions of time, so that a machine nobody asks about costs nothing."""

import math

_MASK = (1 << 64) - 1


def chance(key: int, step: int = 0) -> float:
    """An even number in 0..1 that is always the same for the same key and step."""
    x = (key * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((x ^ (x >> 31)) & _MASK) / (_MASK + 1)


def drift(key: int, now: float, pace: float) -> float:
    """A number in 0..1 that wanders smoothly; `pace` seconds lie between two turns."""
    position = now / pace
    step = math.floor(position)
    part = position - step
    part = part * part * (3 - 2 * part)
    return chance(key, step) * (1 - part) + chance(key, step + 1) * part


def load(key: int, now: float) -> float:
    """CPU in percent: a slow tide, a wave and a jitter, scaled to how busy this machine is."""
    mix = 0.6 * drift(key, now, 97) + 0.3 * drift(key + 1, now, 23) + 0.1 * drift(key + 2, now, 5)
    return round(100 * mix * (0.1 + 0.8 * chance(key + 3) ** 2), 1)


def memory(key: int, now: float, total: int) -> int:
    """Used memory in MB."""
    return int(total * (0.2 + 0.5 * chance(key + 4) + 0.25 * drift(key + 5, now, 300)))


def disk(key: int, now: float, size: int) -> int:
    """Used disk in bytes."""
    return int(size * (0.1 + 0.7 * chance(key + 6) + 0.05 * drift(key + 7, now, 3600)))
