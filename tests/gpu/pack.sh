#!/usr/bin/env bash
# pack.sh BUILD FOLDER: what ./dev gpu-check runs, made ready to be carried to a machine with a GPU and neither LLVM nor a
# compiler: stripped, with the libraries that such a machine may not have (check.py tells the loader where they are).
set -euo pipefail
build=$1
pack=$2
rm -rf "$pack"
mkdir -p "$pack"
cp -L "$build/engine/libfuseval.so.0" "$pack/"
cp "$build/tools/fuseval" "$build/tests/gpu/gpu_suite" "$build/tests/gpu/gpu_bench" \
  "$build/tests/numerics/numerics_devices" "$build/tests/unit/unit_cuda_runtime" "$pack/"
# Everything but the C and C++ libraries, which any machine has in this age or a newer one.
ldd "$pack"/* 2>/dev/null | awk '$2 == "=>" {print $3}' | sort -u |
  grep -Ev '/(libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s|libfuseval)\.so' | xargs -r cp -L -t "$pack"
strip --strip-unneeded "$pack"/* 2>/dev/null
ln -s libfuseval.so.0 "$pack/libfuseval.so"
du -sm "$pack" | awk '{print "gpu-check: " $1 " MiB in " $2}' >&2
