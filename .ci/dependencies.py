"""Fails when a dependency of the program has no licence that fits, or comes from elsewhere than crates.io."""

import json
import subprocess
import sys

FITS = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib"}
# what is only compiled against, never copied, and stays under its own terms file by file
WEAK = {"MPL-2.0"}
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def fits(expression):
    """Whether an SPDX expression can be met: OR needs one side, AND both; an older crate writes a slash for OR."""
    words = expression.replace("/", " OR ").replace("(", " ( ").replace(")", " ) ").split()

    def one():
        word = words.pop(0)
        if word == "(":
            result = either()
            words.pop(0)
        else:
            result = word in FITS or word in WEAK
        if words[:1] == ["WITH"]:  # an exception permits more
            del words[:2]
        return result

    def both():
        result = one()
        while words[:1] == ["AND"]:
            words.pop(0)
            result &= one()
        return result

    def either():
        result = both()
        while words[:1] == ["OR"]:
            words.pop(0)
            result |= both()
        return result

    return either()


metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"]))
own = set(metadata["workspace_members"])
packages = [p for p in metadata["packages"] if p["id"] not in own]
problems = [f"{p['name']} {p['version']}: licence {p['license']} does not fit" for p in packages if not p["license"] or not fits(p["license"])]
problems += [f"{p['name']} {p['version']} comes from {p['source']}" for p in packages if p["source"] != CRATES_IO]
wild = [d for p in metadata["packages"] if p["id"] in own for d in p["dependencies"] if d["req"] == "*" and not d.get("path")]
problems += [f"{d['name']}: any version is accepted" for d in wild]
names = [p["name"] for p in packages]
twice = sorted({name for name in names if names.count(name) > 1})
print(f"{len(packages)} dependencies; in several versions: {', '.join(twice)}")
sys.exit("\n".join(problems) or None)
