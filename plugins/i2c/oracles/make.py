"""Asks drivers that are not ours what they make of register contents, and keeps their answers.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make.py

Each driver runs on a simulated chip. The same text describes the chip to the driver here and to the sensor in the test:
`$0`, `$1` ... stand for the bytes of a case. Answers of null are refusals.
"""

import json
import random
import sys
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
CASES = 2000

# Waiting for a simulated chip takes no time.
elapsed = [0.0]


def sleep(seconds):
    elapsed[0] += seconds


time.sleep = sleep
time.monotonic = lambda: elapsed.__setitem__(0, elapsed[0] + 1e-4) or elapsed[0]


class Chip:
    """One chip, out of the statements that streamer's own simulation knows too."""

    def __init__(self):
        self.width, self.mask, self.pointer, self.asked = 1, 255, 0, None
        self.contents, self.set, self.clear = bytearray(512), bytearray(512), bytearray(512)
        self.rules, self.commands, self.volts, self.last, self.control = [], [], None, 0x80, 0

    def statement(self, words):
        first, rest = words[0], words[1:]
        hexes = lambda list: bytes(int(w, 16) for w in list)
        if first == "width":
            self.width = int(rest[0]) // 8
        elif first == "ptrmask":
            self.mask = int(rest[0], 0)
        elif first in ("reg", "or", "clear"):
            into = {"reg": self.contents, "or": self.set, "clear": self.clear}[first]
            self.put(into, int(rest[0], 0), hexes(rest[1:]))
        elif first == "when":
            self.rules.append((int(rest[0], 0), int(rest[2], 0), int(rest[4], 0), int(rest[6], 0), hexes(rest[7:])))
        elif first == "cmd":
            colon = rest.index(":") if ":" in rest else len(rest)
            written = [w for w in rest[:colon] if w != "*"]
            self.commands.append((hexes(written), "*" in rest[:colon], hexes(rest[colon + 1 :])))
        elif words[:2] == ["model", "pcf8591"]:
            self.volts = hexes(rest[1:])
        else:
            raise ValueError(words)

    def put(self, into, register, data):
        for i, byte in enumerate(data):
            into[(register * self.width + i) % (256 * self.width)] = byte

    def write(self, data):
        if not data:
            return
        if self.volts is not None:
            self.control = data[0]
        elif self.commands:
            found = [c for c in self.commands if data.startswith(c[0]) and (c[1] or len(data) == len(c[0]))]
            self.asked = found[0][2] if found else None
        else:
            self.pointer = data[0] & self.mask
            if len(data) > 1:
                kept = data[1:3] if self.width == 2 else data[1:]
                self.put(self.contents, self.pointer, kept)
                value = int.from_bytes(data[1 : 1 + self.width], "big")
                for register, mask, is_, at, bytes_ in self.rules:
                    if register == self.pointer and value & mask == is_:
                        self.put(self.contents, at, bytes_)

    def read(self, count):
        if self.volts is not None:
            out = bytearray()
            for _ in range(count):
                out.append(self.last)
                self.last = self.volts[self.control & 3]
            return out
        if self.commands:
            if not self.asked:
                raise OSError("no answer")
            return (self.asked + bytes([255] * count))[:count]
        out = bytearray()
        for i in range(count):
            at = self.pointer * 2 + i % 2 if self.width == 2 else (self.pointer + i) % 256
            out.append((self.contents[at] | self.set[at]) & ~self.clear[at] & 255)
        return out


class Bus:
    """What a CircuitPython driver takes for `busio.I2C`."""

    def __init__(self, text):
        self.chips, chip = {}, None
        for line in text:
            words = line.split()
            if words[0] == "chip":
                chip = self.chips[int(words[1], 0)] = Chip()
            else:
                chip.statement(words)

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def chip(self, address):
        if address not in self.chips:
            raise OSError("no answer")
        return self.chips[address]

    def writeto(self, address, data, *, start=0, end=None):
        data = bytes(data[start:end])
        if data or address in self.chips:
            self.chip(address).write(data)

    def readfrom_into(self, address, into, *, start=0, end=None):
        end = len(into) if end is None else end
        into[start:end] = self.chip(address).read(end - start)

    def writeto_then_readfrom(self, address, out, into, *, out_start=0, out_end=None, in_start=0, in_end=None):
        self.writeto(address, out, start=out_start, end=out_end)
        self.readfrom_into(address, into, start=in_start, end=in_end)


rng = random.Random(1)


def spaced(data):
    return " ".join(f"{byte:02x}" for byte in data)


def filled(chip, data):
    lines = []
    for line in chip:
        for i, part in reversed(list(enumerate(data))):
            line = line.replace(f"${i}", spaced(part))
        lines.append(line)
    return lines


def words(*ranges):
    """Makers of cases of words: all extremes, then random ones; each word within its range, big-endian."""

    def cases():
        corners = lambda low, high: sorted({low, low + 1, (low + high) // 2, (low + high + 1) // 2, high - 1, high})
        for i in range(6):
            yield [corners(*r)[min(i, len(corners(*r)) - 1)].to_bytes(2, "big") for r in ranges]
        for bit in range(16):
            yield [min(max(1 << bit, low), high).to_bytes(2, "big") for low, high in ranges]
        for _ in range(CASES):
            yield [rng.randint(*r).to_bytes(2, "big") for r in ranges]

    return cases


def raw(*lengths):
    """Any bytes: zeros, ones, each bit alone, random."""

    def cases():
        for byte in (0x00, 0xFF, 0x7F, 0x80, 0x01, 0xFE):
            yield [bytes([byte] * n) for n in lengths]
        for _ in range(CASES):
            yield [rng.randbytes(n) for n in lengths]

    return cases


def crc8(data, start=0xFF):
    crc = start
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 255 if crc & 128 else crc << 1 & 255
    return crc


def checked(count, start=0xFF, clean=0xFFFF, but=()):
    """Answers of `count` words, each with its checksum; `clean` says which bits a chip can set."""

    def cases():
        values = [0, 1, 2, 0x7FFF & clean, 0x8000, 0xFFFE & clean]
        picks = [[v] * count for v in values] + [
            [rng.randrange(0x10000) & clean for _ in range(count)] for _ in range(CASES)
        ]
        for pick in picks:
            if any(v in but for v in pick):
                continue
            yield [b"".join(v.to_bytes(2, "big") + bytes([crc8(v.to_bytes(2, "big"), start)]) for v in pick)]

    return cases


def near(original, signs=False, spread=0.2):
    """Factory coefficients around real ones: each byte pair moved, some given another sign."""
    data = bytearray(original)
    for i in range(0, len(data) - 1, 2):
        if rng.random() < 0.5:
            value = int.from_bytes(data[i : i + 2], "little", signed=True)
            value = int(value * rng.uniform(1 - spread, 1 + spread)) * (-1 if signs and rng.random() < 0.1 else 1)
            data[i : i + 2] = (value & 0xFFFF).to_bytes(2, "little")
    return bytes(data)


def oracle(name, sensor, options, package, chip, keys, cases, ask):
    """Runs `ask` on each case; `keys` gives each key's range by the datasheet and how far two answers may differ."""
    kept, seen = [], 0
    for data in cases():
        try:
            answers = ask(Bus(filled(chip, data)))
        except (RuntimeError, ValueError, ArithmeticError, OSError):
            answers = [None] * len(keys)
        answers = [None if a is None or isinstance(a, complex) else round(float(a), 7) for a in answers]
        within = [a is not None and low <= a <= high for a, (low, high, _) in zip(answers, keys.values())]
        seen += all(within)
        kept.append([[part.hex() for part in data], answers])
    head = {
        "sensor": sensor,
        "options": options,
        "driver": f"{package} {version(package)}",
        "chip": chip,
        "keys": [{"key": k, "low": l, "high": h, "tolerance": t} for k, (l, h, t) in keys.items()],
    }
    path = HERE / f"{name}.json"
    text = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "cases": [\n'
    text += ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in kept) + "\n ]\n}\n"
    path.write_text(text)
    print(f"{name}: {len(kept)} cases, {seen} wholly within the ranges", file=sys.stderr)


if __name__ == "__main__":
    import sensors  # needs the names above


    only = sys.argv[1:]
    for make in sensors.ALL:
        if not only or make.__name__ in only:
            rng.seed(make.__name__)
            make()
