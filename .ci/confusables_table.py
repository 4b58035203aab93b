"""Writes reconciler/core/confusables.py from the confusables of Unicode that ICU has built in.

Run ``python3 .ci/confusables_table.py > reconciler/core/confusables.py`` where libicui18n is installed.
"""

import ctypes
import ctypes.util
import re
import sys
import unicodedata

NAME = ctypes.util.find_library("icui18n") or sys.exit("libicui18n is not installed")
ICU = ctypes.CDLL(NAME)
VERSION = re.search(r"\.so\.(\d+)", NAME)[1]


def function(name, result=ctypes.c_int32):
    found = getattr(ICU, f"{name}_{VERSION}")
    found.restype = result
    return found


STATUS = ctypes.c_int(0)
CHECKER = ctypes.c_void_p(function("uspoof_open", ctypes.c_void_p)(ctypes.byref(STATUS)))
SKELETON = function("uspoof_getSkeletonUTF8")


def skeleton(text):
    raw, room, status = text.encode(), ctypes.create_string_buffer(256), ctypes.c_int(0)
    length = SKELETON(CHECKER, 0, raw, len(raw), room, 256, ctypes.byref(status))
    assert status.value <= 0, status.value
    return room.raw[:length].decode()


def unicode_version():
    version = (ctypes.c_uint8 * 4)()
    core = ctypes.CDLL(NAME.replace("i18n", "uc"))
    getattr(core, f"u_getUnicodeVersion_{VERSION}")(version)
    return f"{version[0]}.{version[1]}"


def main():
    """Group the letters by the ASCII letters or digits that they look like."""
    groups = {}
    plain = [chr(code) for code in range(0x30, 0x7B) if chr(code).isalnum()]
    looks = {}
    for one in sorted(plain, key=lambda one: (one.isdigit(), one.isupper(), one)):
        looks.setdefault(skeleton(one), one)
    for code in range(0x80, 0x110000):
        char = chr(code)
        # What NFKD takes apart needs no table.
        if (
            not unicodedata.category(char).startswith(("L", "N"))
            or unicodedata.normalize("NFKD", char) != char
        ):
            continue
        look = looks.get(skeleton(char))
        if look:
            groups.setdefault(look, []).append(f"{code:04X}")
    print(
        f'"""Letters and digits that look like an ASCII one: confusables of Unicode {unicode_version()}, as ICU {VERSION}\n'
        "has them (Unicode Technical Standard 39, skeletons); made by .ci/confusables_table.py.\n"
        '"""\n\nLOOK_LIKE = {'
    )
    for look, codes in sorted(groups.items()):
        lines, line = [], ""
        for code in codes:
            if len(line) + len(code) > 80:
                lines.append(line)
                line = ""
            line += f" {code}" if line or lines else code
        lines.append(line)
        if len(lines) == 1:
            print(f'    "{look}": "{lines[0]}",')
        else:
            print(f'    "{look}": (')
            for one in lines:
                print(f'        "{one}"')
            print("    ),")
    print("}")


main()
