"""Prints operands of the x87 transcendental instructions and their results, correctly rounded to the nearest.

A line is: mnemonic, ST(0), ST(1), result; each number as sign and exponent, colon, significand, in hexadecimal. Needs
mpmath. The trigonometric functions are those of the 66-bit pi that SDM 1 "Approximation of Pi" gives.
Usage: transcendental_truth.py COUNT > FILE
"""
import random
import sys

import mpmath as m

m.mp.prec = 400
HALF_PI = m.mpf(0x3243F6A8885A308D3) / m.mpf(2) ** 65
NAMES = ("f2xm1", "fyl2x", "fptan", "fpatan", "fyl2xp1", "fsin", "fcos")


def value(number):
    exponent, significand = number
    magnitude = m.ldexp(m.mpf(significand), (exponent & 0x7FFF) - 16383 - 63)
    return -magnitude if exponent & 0x8000 else magnitude


def rounded(x):
    fraction, exponent = m.frexp(abs(x))
    significand = int(m.nint(m.ldexp(fraction, 64)))
    if significand == 1 << 64:
        significand, exponent = 1 << 63, exponent + 1
    return exponent + 16382 | (0x8000 if x < 0 else 0), significand


def significand(r):
    bits = r.getrandbits(64) | 1 << 63
    if r.randrange(4) == 0:
        bits &= -1 << r.randrange(64)
    return bits & (1 << 64) - 1 | 1 << 63


def operands(name, r):
    e1 = 0x3FFF + r.randrange(40) - 20
    if name == "f2xm1":
        e0 = 0x3FFE - r.randrange(70) * r.randrange(2)
    elif name == "fyl2x":
        e0 = r.choice((0x3FFF, 0x3FFE, 0x3FFF + r.randrange(200) - 100))
    elif name == "fyl2xp1":
        e0 = 0x3FFC - r.randrange(80) * r.randrange(2)
    elif name == "fpatan":
        e0 = e1 + r.randrange(140) - 70
    else:
        e0 = 0x3FFF + r.randrange(80) - 20
        e0 = min(e0, 0x3FFF + 62)
    if name != "fyl2x" and r.randrange(2):
        e0 |= 0x8000
    if r.randrange(2):
        e1 |= 0x8000
    return (e0, significand(r)), (e1, significand(r))


def truth(name, x, y):
    if name == "f2xm1":
        return m.expm1(x * m.log(2))
    if name == "fyl2x":
        return y * m.log(x) / m.log(2)
    if name == "fyl2xp1":
        return y * m.log1p(x) / m.log(2)
    if name == "fpatan":
        return m.atan2(y, x)
    quotient = m.nint(x / HALF_PI)
    rest = x - quotient * HALF_PI
    turns = int(quotient) % 4
    sine, cosine = m.sin(rest), m.cos(rest)
    sine, cosine = (sine, cosine, -sine, -cosine)[turns], (cosine, -sine, -cosine, sine)[turns]
    return {"fsin": sine, "fcos": cosine, "fptan": sine / cosine}[name]


def text(number):
    return "%x:%016x" % number


random_source = random.Random(2026)
for n in range(int(sys.argv[1])):
    name = NAMES[n % len(NAMES)]
    st0, st1 = operands(name, random_source)
    result = truth(name, value(st0), value(st1))
    if result != 0:
        print(name, text(st0), text(st1), text(rounded(result)))
