#!/usr/bin/env bash
# Includes point down: every #include of ours must name the own layer or one below it in layers.txt.
set -u
cd "$(dirname "$0")/../.."
find src include/kaimen -name '*.[ch]' -print0 | sort -z | xargs -0 awk '
BEGIN {
    while ((getline line < "tests/style/layers.txt") > 0) {
        if (line ~ /^#/ || line == "") continue
        split(line, part, ":")
        n = split(part[2], below, " ")
        allowed[part[1], part[1]] = known[part[1]] = 1
        # Lower layers stand first, so what they may use is complete.
        for (i = 1; i <= n; ++i)
            for (name in known) if ((below[i], name) in allowed) allowed[part[1], name] = 1
    }
}
FNR == 1 {
    n = split(FILENAME, part, "/")
    layer = part[n - 1]
    if (!(layer in known)) { print FILENAME ": no layer " layer " in tests/style/layers.txt"; bad = 1 }
}
/^#include "/ {
    split($0, quoted, "\"")
    n = split(quoted[2], part, "/")
    used = part[n - 1]
    private = part[1] != "kaimen"
    # "gth.h" lies beside the file itself.
    if (n < 2) used = layer
    if (!(used in known)) message = "no layer " used
    else if (private && used != layer) message = "a private header of another layer"
    else if (private && FILENAME ~ /^include/) message = "a public header includes a private one"
    else if (!((layer, used) in allowed)) message = layer " may not use " used
    else next
    print FILENAME ":" FNR ": " quoted[2] ": " message
    bad = 1
}
END { exit bad }'
