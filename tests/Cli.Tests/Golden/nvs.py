#!/usr/bin/env python3
"""Writes nvs.hex: the first eight lines of 32 octets of an NVS partition (format version 2) that holds two strings, put together by hand from
ESP-IDF's description with Python's zlib, so that the golden file does not come from the code that it tests."""
import os
import struct
import zlib


def crc(data):
    return zlib.crc32(data, 0xFFFFFFFF) & 0xFFFFFFFF


def entry(space, kind, span, key, tail):
    head = bytes([space, kind, span, 0xFF])
    rest = key.encode().ljust(16, b'\0') + tail
    return head + struct.pack('<I', crc(head + rest)) + rest


def text(key, value):
    data = value.encode() + b'\0'
    lines = (len(data) + 31) // 32
    head = entry(1, 0x21, 1 + lines, key, struct.pack('<HHI', len(data), 0xFFFF, crc(data)))
    return head + data.ljust(lines * 32, b'\xff')


sequence = struct.pack('<IB', 0, 0xFE) + b'\xff' * 19
header = struct.pack('<I', 0xFFFFFFFE) + sequence + struct.pack('<I', crc(sequence))
entries = entry(0, 0x01, 1, 'certs', b'\x01' + b'\xff' * 7)
entries += text('client_cert', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
entries += text('client_key', 'k')
count = len(entries) // 32
states = int.from_bytes(b'\xff' * 32, 'little')
for index in range(count):
    states &= ~(1 << (2 * index))
page = header + states.to_bytes(32, 'little') + entries
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'nvs.hex'), 'w') as golden:
    for at in range(0, len(page), 32):
        golden.write(page[at:at + 32].hex() + '\n')
print(len(page) // 32, 'lines')
