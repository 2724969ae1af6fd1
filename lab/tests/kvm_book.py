#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: kvm_book.py FILE QUESTION
"""Shows the contents of a VM's file exit_stats: kvm-instrumentation/src/exit_file.h.

Written from that header alone, as an independent check of KVM and of the host's tools.
QUESTION: reason=NUMBER prints each vCPU's exits of that reason; mode and spans print the
mode and the number of spans for which the file has room; sums prints for each vCPU whether
its numbers add up, and statistics by how much KVM's own statistics exceed its exits.
"""
import math
import struct
import sys

HEAD = struct.Struct("=Q10LQ")
VCPU = struct.Struct("=4L5Q10L")
CELL = struct.Struct("=2Q")
HIST = struct.Struct("=2Q32B")
SPAN = struct.Struct("=8L")
SPARSE = 10


def array(layout, data, at, count):
    size = layout.size
    return [layout.unpack_from(data, at + i * size) for i in range(count)]


class Vcpu:
    """A record: its numbers, cells by reason, and histograms."""

    def __init__(self, data, at, reasons, spans):
        (self.id, self.thread, self.flags, sparse, self.exits, self.cycles,
         self.dropped, self.stat_exits, self.stamp,
         *more) = VCPU.unpack_from(data, at)
        count = len(reasons)
        names = list(reasons)
        names[-1 - SPARSE:-1] = more[:sparse] + [None] * (SPARSE - sparse)
        at += VCPU.size
        cells = array(CELL, data, at, count)
        self.cell = dict(zip(names[:-1], cells[:-1]))
        self.all_cells = cells
        at += count * CELL.size
        self.hist = array(HIST, data, at, count) if spans else []
        self.count = array(SPAN, data, at + count * HIST.size, spans)


class Book:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        (magic, self.version, size, record, vcpus, self.isa, self.mode,
         self.khz, cells, self.spans, _, self.tsc) = HEAD.unpack_from(data)
        assert magic == int.from_bytes(b"ExitBook", "little"), hex(magic)
        assert len(data) == size + vcpus * record, len(data)
        reasons = struct.unpack_from(f"={cells}L", data, HEAD.size)
        self.vcpus = [Vcpu(data, size + i * record, reasons, self.spans)
                      for i in range(vcpus)]


def bucket(cycles):
    """The octave and the bucket of a time."""
    x = cycles + 64
    order = x.bit_length() - 1
    return order - 6, x >> order - 3 & 7


def hist_fits(vcpu, index):
    """Does a reason's histogram agree with its other numbers?"""
    low, high, *spans = vcpu.hist[index]
    exits, cycles = vcpu.all_cells[index]
    counts = {(octave, i): count
              for octave, span in enumerate(spans) if span
              for i, count in enumerate(vcpu.count[span]) if count}
    if not counts:
        return not high
    least = sum(n * (math.ldexp(8 + i, octave + 3) - 64)
                for (octave, i), n in counts.items())
    most = sum(n * (math.ldexp(9 + i, octave + 3) - 64)
               for (octave, i), n in counts.items())
    return (min(counts) == bucket(low) and max(counts) == bucket(high)
            and exits - sum(counts.values()) in (0, 1)
            and least <= cycles < most)


def adds_up(vcpu):
    """Check that reasons add up to the total, and that histograms have all times."""
    exits = sum(cell[0] for cell in vcpu.all_cells)
    cycles = sum(cell[1] for cell in vcpu.all_cells)
    times = sum(map(sum, vcpu.count))
    good = (vcpu.exits, vcpu.cycles) == (exits, cycles)
    if vcpu.count:
        good &= times == vcpu.exits - (vcpu.stamp != 0)
        good &= not sum(vcpu.count[0])
        good &= all(hist_fits(vcpu, i) for i in range(len(vcpu.all_cells)))
    return good


def main():
    book = Book(sys.argv[1])
    question, _, number = sys.argv[2].partition("=")
    if question == "reason":
        print(*(vcpu.cell[int(number, 0)][0] for vcpu in book.vcpus))
    elif question == "sums":
        print(*("right" if adds_up(vcpu) else "wrong" for vcpu in book.vcpus))
    elif question == "statistics":
        # The two also differ by emulated instructions and failed entries, but the tests'
        # guests have none of these.
        print(*(vcpu.stat_exits - vcpu.exits for vcpu in book.vcpus))
    else:
        print(getattr(book, question))


main()
