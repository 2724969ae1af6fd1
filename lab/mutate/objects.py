# SPDX-License-Identifier: GPL-2.0-only
"""Reads the code and data of an object file, without the sections for debuggers.

A BPF object has the lines of its source in .BTF.ext, so two objects with the same
code can differ there.
"""

import struct

IGNORED = (".BTF", ".rel.BTF", ".debug", ".rel.debug", ".symtab", ".strtab",
           ".shstrtab", ".llvm_addrsig")


def contents(path):
    """Return the sections of an ELF object as [(name, bytes)]."""
    with open(path, "rb") as file:
        data = file.read()
    table, = struct.unpack_from("<Q", data, 0x28)
    size, number, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * size)
               for i in range(number)]
    strings = headers[names][4]
    sections = []
    for header in headers:
        start = strings + header[0]
        name = data[start:data.index(b"\0", start)].decode()
        nobits = header[1] == 8
        if not name.startswith(IGNORED):
            sections.append((name, header[5] if nobits else
                             data[header[4]:header[4] + header[5]]))
    return sections
