#!/bin/sh
# CNTK asks for Open MPI under the names of old versions: Debian's, linked beside CNTK's own libraries.
set -e
find_mpi() { ldconfig -p | sed -n "s|.* => \(/.*/$1\.so\.[0-9]*\)$|\1|p" | head -n 1; }
if [ -z "$(find_mpi libmpi_cxx)" ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends libopenmpi3
fi
libs=$(echo "$1"/lib/python*/site-packages/cntk/libs)
ln -sf "$(find_mpi libmpi)" "$libs/libmpi.so.12"
ln -sf "$(find_mpi libmpi_cxx)" "$libs/libmpi_cxx.so.1"
