#!/usr/bin/env bash
# Fuzzes what reads bytes of a guest, a VMM or a registry on the host (native/fuzz): `fuzz.sh [TARGET…] [--seconds N]`, all targets, 60 s each.
# Inputs that were found are kept in .cache/fuzz, and begun with the next time. Ends with 1 when a target fails; the input's file is named then.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
package=$root/native/fuzz
corpora=$root/.cache/fuzz
targets=(copy_stream image_layer disk_layer memory_changes)

seconds=60 wanted=()
while (($# > 0)); do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    *)
      [[ " ${targets[*]} " == *" $1 "* ]] || { printf "[fuzz] no target is called '%s'; there are: %s\n" "$1" "${targets[*]}" >&2; exit 2; }
      wanted+=("$1")
      ;;
  esac
  shift
done
((${#wanted[@]} > 0)) || wanted=("${targets[@]}")

cargo fuzz --version >/dev/null 2>&1 || { echo '[fuzz] cargo-fuzz is missing: cargo install cargo-fuzz' >&2; exit 1; }
cargo +nightly --version >/dev/null 2>&1 || { echo '[fuzz] a nightly compiler is missing: rustup toolchain install nightly' >&2; exit 1; }

export CARGO_TARGET_DIR=$root/target/fuzz
cargo run --quiet --manifest-path "$package/Cargo.toml" --bin seeds -- "$corpora"
failed=0
for target in "${wanted[@]}"; do
  printf '[fuzz] %s for %s s\n' "$target" "$seconds" >&2
  (cd "$root/native" && cargo +nightly fuzz run --fuzz-dir "$package" "$target" "$corpora/$target" -- \
    -artifact_prefix="$corpora/failed-$target-" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1) || failed=1
  rm -rf /dev/shm/boxlite-fuzz-*
done
exit $failed
