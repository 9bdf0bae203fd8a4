#!/usr/bin/env bash
# kaimen beside pw.x (Quantum ESPRESSO) and abinit of Debian, both with OpenBLAS. Options: see lib/vs_peers.py or --help.
# usage: nice benchmarks/vs_peers.sh [--quick] [OPTION]...
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
case " $* " in
    *" --help "* | *" -h "*) ;;
    *)
        "$top/tests/install.sh" quantum-espresso abinit libopenblas0-pthread openmpi-bin cp2k-data >&2
        # Debian's own libblas.so.3 is the slow reference BLAS.
        for library in libblas.so.3 liblapack.so.3; do
            name=$library-$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
            case $(readlink -f "/etc/alternatives/$name") in
                *openblas*) ;;
                *)
                    path=$(update-alternatives --list "$name" | grep -m 1 openblas) ||
                        { echo "no OpenBLAS among the alternatives of $name" >&2; exit 1; }
                    if [ "$(id -u)" -eq 0 ]; then
                        update-alternatives --set "$name" "$path" >&2
                    else
                        echo "$library is not OpenBLAS. As root: update-alternatives --set $name $path" >&2
                        exit 1
                    fi
                    ;;
            esac
        done
        ;;
esac
. "$top/tests/mpi.sh"
exec python3 "$top/benchmarks/lib/vs_peers.py" "$@"
