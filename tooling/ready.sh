#!/usr/bin/env bash
# Everything that CI checks: `pnpm ready`. With names, only those checks; with `--all`, also what takes minutes in each of them.
# Goes on after a failed check; ends with one line of totals, and with 1 when anything failed.
set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
cd "$root" || exit 1
reports=$root/.cache/reports
export BOXLITE_CACHE=${BOXLITE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/boxlite}
export PATH="$BOXLITE_CACHE/pnpm-12.21.0/node_modules/.bin:$root/node_modules/.bin:$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin"
export TURBO_TELEMETRY_DISABLED=1 CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never NO_COLOR=1 npm_config_update_notifier=false

checks=(
  rust-format clippy cargo-test
  format typecheck typecheck-root lint boundaries unused protocol bindings python snippets unit
  kernel
  e2e-root e2e-unprivileged e2e-clients packages conformance chaos software clean-tree
)
all='' wanted=()
for argument in "$@"; do
  if [[ $argument == --all ]]; then all=--all; else wanted+=("$argument"); fi
done
export BOXLITE_TEST_ALL=${all:+1}
for name in "${wanted[@]}"; do
  [[ " ${checks[*]} " == *" $name "* ]] && continue
  printf "[ready] no check is called '%s'; there are: %s\n" "$name" "${checks[*]}" >&2
  exit 2
done
is_wanted() { ((${#wanted[@]} == 0)) || [[ " ${wanted[*]} " == *" $1 "* ]]; }

# check NAME COMMAND…: runs it, keeps what it prints in a log, shows the log only when it fails.
check() {
  local name=$1 begun=$SECONDS
  shift
  is_wanted "$name" || return 0
  if "$@" >"$reports/$name.log" 2>&1 </dev/null; then
    printf '[ready] %-18s ok      %4d s\n' "$name" $((SECONDS - begun))
  else
    # One write, so that the log of a check in the other lane does not get between.
    printf '[ready] %-18s FAILED  %4d s\n%s\n[ready] end of %s\n' "$name" $((SECONDS - begun)) "$(tail -n 300 "$reports/$name.log")" "$name"
    touch "$reports/$name.failed"
  fi
}

# --- The checks that are more than one command

# Reports are called CHECK.PACKAGE.json.
unit_tests() {
  local package code
  for package in packages/* apps/* tooling/*; do
    [[ -e $package/jest.config.mjs ]] || continue
    mkdir -p "$package/.cache"
    rm -f "$package/.cache/jest.json"
  done
  pnpm exec turbo run test --force --continue --concurrency=1 --output-logs=new-only -- --json --outputFile=.cache/jest.json
  code=$?
  for package in packages/* apps/* tooling/*; do
    [[ ! -e $package/.cache/jest.json ]] || cp "$package/.cache/jest.json" "$reports/unit.${package//\//-}.json"
  done
  return $code
}

# end_to_end SCRIPT DIRECTORY PACKAGES [PATTERN]: the tests with real guests, of those packages that have such a script; reports go to the
# directory.
end_to_end() {
  local package code=0
  for package in $3; do
    grep -q "\"$1\"" "$package/package.json" || continue
    # What a failed test leaves open must not keep the run from ending; that nothing is left open has tests of its own.
    timeout --kill-after=10 2400 npm --prefix "$package" run "$1" -- --forceExit --json --outputFile="$2/e2e.${package//\//-}.json" --passWithNoTests ${4:+"$4"} || code=1
  done
  return $code
}
export -f end_to_end

# end_to_end_here CHECK SCRIPT PACKAGES [PATTERN]
end_to_end_here() {
  local check=$1 report code
  mkdir -p "$reports/$check"
  end_to_end "$2" "$reports/$check" "$3" "${4-}"
  code=$?
  for report in "$reports/$check"/e2e.*; do [[ ! -e $report ]] || mv "$report" "$reports/$check${report##*/e2e}"; done
  return $code
}

# end_to_end_unprivileged CHECK SCRIPT PACKAGES: the same without any privilege, as a user who owns nothing but a directory of their own.
end_to_end_unprivileged() {
  if ((EUID != 0)); then
    end_to_end_here "$@"
    return
  fi
  local check=$1 script=$2 packages=$3 uid=61000 home code report
  home=$(mktemp -d /tmp/boxlite-e2e-XXXXXX)
  chown "$uid:$uid" "$home"
  # The checkout and the cache are mounted where this user can reach them, whatever directories they lie in.
  # Processes that a failed test leaves behind end with their namespace.
  unshare --mount --pid --fork --kill-child --mount-proc bash -euc '
    checkout=$1 home=$2 uid=$3 script=$4 packages=$5
    mkdir "$home/checkout" "$home/cache"
    mount --bind "$checkout" "$home/checkout"
    mount --bind "$BOXLITE_CACHE" "$home/cache"
    cd "$home/checkout"
    exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
      env -i PATH="$PATH" HOME="$home" TMPDIR="$home" BOXLITE_CACHE="$home/cache" BOXLITE_TEST_ALL="$BOXLITE_TEST_ALL" ${CI:+CI="$CI"} \
      bash -c "$(declare -f end_to_end); end_to_end $script $home \"$packages\""
  ' unprivileged "$root" "$home" "$uid" "$script" "$packages"
  code=$?
  for report in "$home"/e2e.*; do [[ ! -e $report ]] || cp "$report" "$reports/$check${report##*/e2e}"; done
  rmdir "$home/checkout" "$home/cache" 2>/dev/null
  rm -rf --one-file-system "$home"
  return $code
}

# Images that tests use, made before by whoever may write to the cache.
images() {
  local script
  for script in packages/core/tests/e2e/support/debian-layout.ts tooling/testbed/src/make-{code,software}.ts; do
    tsx --conditions @boxlite/source "$script" || return 1
  done
  [[ -z $all ]] || tsx --conditions @boxlite/source tooling/testbed/src/make-code.ts --plots || return 1
  # Users without privileges read them, too.
  chmod a+rx "$BOXLITE_CACHE"/testbed/*/ 2>/dev/null || true
}

# Software in Boxes runs once, without privileges.
software() {
  end_to_end_unprivileged software test:software packages/core
}

# What is published, installed as users do.
packages() {
  timeout --kill-after=10 1200 npm --prefix tooling/publish run test:install -- --forceExit --json --outputFile="$reports/packages.tooling-publish.json"
}

# Checks may make files, but none that version control sees.
tree_state() { git -c safe.directory='*' status --porcelain && git -c safe.directory='*' diff; }
clean_tree() { diff "$reports/tree.before" <(tree_state); }

"$root/dev" setup || exit 1
rm -rf "$reports"
mkdir -p "$reports"
tree_state >"$reports/tree.before"

# --- Two lanes, because there are at least two cores: Rust beside TypeScript

rust_format() {
  cargo fmt --all --check || return 1
  # A workspace of its own.
  rustfmt --edition 2024 --check native/fuzz/{src,targets}/*.rs
}

rust_checks() {
  check rust-format rust_format
  # No Rust, but this lane has less to do.
  check format prettier --check --log-level warn .
  check clippy cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
  check cargo-test cargo test --workspace --locked --no-fail-fast
}

typescript_checks() {
  check typecheck pnpm exec turbo run typecheck --output-logs=errors-only
  check typecheck-root tsc -p tsconfig.json
  check lint eslint . --max-warnings 0
  check boundaries depcruise packages apps tooling --config .dependency-cruiser.cjs --output-type err-long
  check unused knip --no-progress
  check protocol buf lint proto
  check bindings tsx tooling/bindgen/src/main.ts --check
  check python bash tooling/python.sh
  check snippets tsx tooling/docs/snippets.ts
  check unit unit_tests
}

# Minutes where it was never built, and nothing where it was. It runs at low priority, beside the others.
kernel_check() { check kernel "$root/dev" kernel; }

rust_checks &
typescript_checks &
kernel_check &
wait

# Takes up the kernel that may just have been built.
"$root/dev" setup || touch "$reports/kernel.failed"
node -e '
  const { kernelKind, kernelRelease } = JSON.parse(require("fs").readFileSync("platform/guest-x64/manifest.json"));
  const { BOXLITE_KERNEL: named } = process.env;
  console.log(`[ready] the guests of the tests run on ${named ? `the kernel ${named}` : `Linux ${kernelRelease} (${kernelKind === "own" ? "BoxLite’s own" : "Debian’s"})`}`);
'

# Everything runs without privileges. As root, too, runs what is done in another way there: users, volumes, cgroups, owners, namespaces; with
# --all the rest as well.
as_root='/(container-rights|escapes|killed-owner|leaks|memory-limit|run|security|volume)[^/]*$'
core=packages/core
clients=$(printf '%s\n' packages/* apps/* | grep -vx "$core" | tr '\n' ' ')

core_lane() {
  check e2e-unprivileged end_to_end_unprivileged e2e-unprivileged test:e2e "$core"
  check software software
  check packages packages
}

clients_lane() {
  check e2e-clients end_to_end_unprivileged e2e-clients test:e2e "$clients"
  # Only root can make the containers that Boxes are compared with.
  if ((EUID == 0)); then
    check e2e-root end_to_end_here e2e-root test:e2e "$core $clients" "$([[ -n $all ]] || echo "$as_root")"
    check conformance timeout 1500 "$root/dev" conformance $all
  fi
  # Ten times as many rounds with --all. The bound is for a host that is busy with other things.
  check chaos timeout 14400 "$root/dev" chaos $all
}

# Two lanes again: nothing is shared but the checkout and the images.
if is_wanted e2e-root || is_wanted e2e-unprivileged || is_wanted e2e-clients || is_wanted software; then
  images >"$reports/images.log" 2>&1 </dev/null || { tail -n 50 "$reports/images.log"; touch "$reports/images.failed"; }
fi
core_lane &
clients_lane &
wait
check clean-tree clean_tree

# Once more at the end, where whoever reads a long log looks first.
for failed in "$reports"/*.failed; do
  [[ -e $failed ]] || continue
  name=$(basename "$failed" .failed)
  printf '[ready] the end of %s:\n%s\n' "$name" "$(tail -n 25 "$reports/$name.log")"
done
tsx tooling/setup/src/totals.ts "$reports"
