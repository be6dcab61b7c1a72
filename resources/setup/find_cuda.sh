#!/bin/sh
# Says whether the CUDA kernels can be built here. One place for quickstart and CMake.
#
#   found:      exit 0, stdout is the path of nvcc
#   not found:  exit 1, stdout is the reason, to be read after "CUDA off: "
nvcc=
for candidate in "$CUDACXX" "$CUDA_HOME/bin/nvcc" "$CUDA_PATH/bin/nvcc" "$(command -v nvcc)" /usr/local/cuda/bin/nvcc; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
        nvcc=$candidate
        break
    fi
done
if [ -z "$nvcc" ]; then
    echo "no nvcc found"
    exit 1
fi
release=$("$nvcc" --version 2>/dev/null | sed -n 's/.*release \([0-9]*\.[0-9]*\).*/\1/p')
case $release in
    13.*) ;;
    *) echo "nvcc 13 is needed and $nvcc is ${release:-of no known release}"; exit 1 ;;
esac
toolkit=$(dirname "$(dirname "$(readlink -f "$nvcc")")")
have() {
    for folder in "$toolkit/include" "$toolkit/lib64" "$toolkit/lib" /usr/include /usr/lib/x86_64-linux-gnu \
                  /usr/local/include /usr/local/lib; do
        [ -e "$folder/$1" ] && return 0
    done
    return 1
}
for file in nccl.h libnccl.so.2 libcudnn.so.9 libcublas.so.13 libcudart.so.13; do
    if ! have "$file"; then
        echo "nvcc $release is here, but not $file"
        exit 1
    fi
done
echo "$nvcc"
