#!/bin/sh
# Builds the C library and installs it: sh install.sh PREFIX. For a package, DESTDIR is put before the prefix.
# Needs gcc and Rust. The library needs Node.js and the bridge when it runs: npm install --global @boxlite/bridge.
set -eu
here=$(dirname "$(readlink -f "$0")")
root=$here/../..
prefix=${1:?where to install to, such as /usr/local}
place=${DESTDIR:-}$prefix
version=$(sed -n 's/^ *"version": "\(.*\)",$/\1/p' "$here/package.json")
# Before 1.0 a second number that differs is another interface.
soname=libboxlite.so.0

(cd "$root" && cargo build --quiet --release ${CI:+--locked} --package boxlite-c)
archive=$root/target/release/libboxlite.a

mkdir -p "$place/include/boxlite" "$place/lib/pkgconfig" "$place/lib/cmake/boxlite"
# Of Rust's own library only what is used goes into the shared one, and nothing of it is seen from outside.
gcc -shared -o "$place/lib/.libboxlite.so.new" -Wl,-soname,$soname -Wl,--version-script,"$here/boxlite.map" \
  -Wl,--whole-archive "$archive" -Wl,--no-whole-archive -Wl,--gc-sections -Wl,--no-undefined -Wl,-z,relro,-z,now -s -lgcc_s -lpthread -ldl -lm
# Who uses the old ones keeps them.
mv "$place/lib/.libboxlite.so.new" "$place/lib/libboxlite.so.$version"
ln -sf "libboxlite.so.$version" "$place/lib/$soname"
ln -sf $soname "$place/lib/libboxlite.so"
cp "$archive" "$place/lib/libboxlite.a"
cp "$here/include/boxlite/boxlite.h" "$place/include/boxlite/boxlite.h"
sed "s/@VERSION@/$version/" "$here/boxlite.pc.in" >"$place/lib/pkgconfig/boxlite.pc"
for file in boxlite-config boxlite-config-version; do
  sed "s/@VERSION@/$version/" "$here/cmake/$file.cmake.in" >"$place/lib/cmake/boxlite/$file.cmake"
done
