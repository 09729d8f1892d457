#!/usr/bin/env bash
# Checks the Python SDK without a guest: its types, by mypy and pyright, and its unit tests, on each Python that is here.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../packages/python-bridge"
tools=${BOXLITE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/boxlite}/python-tools-mypy-2.4.1

if [[ ! -x $tools/bin/mypy ]]; then
  rm -rf "$tools" "$tools.new"
  python3 -m venv --without-pip "$tools.new"
  python3 -m pip --python "$tools.new" install --quiet mypy==2.4.1
  # Its scripts name the directory that they were installed in.
  mv "$tools.new" "$tools"
fi
"$tools/bin/python" -m mypy --cache-dir "$tools/cache"
MYPYPATH=src "$tools/bin/python" -m mypy --cache-dir "$tools/cache" --strict ../../examples/python/*.py
node_modules/.bin/pyright
for version in 3.10 3.11 3.12 3.13; do
  python=$(command -v "python$version" || true)
  # The shims of pyenv run only the version that was chosen; those that are installed are all of use here.
  if command -v pyenv >/dev/null; then
    for installed in "$(pyenv root)/versions/$version".*/bin/python; do [[ ! -x $installed ]] || python=$installed; done
  fi
  if [[ -z $python ]] || ! "$python" -c '' 2>/dev/null; then
    echo "skipped: unit tests on Python $version, which is not here"
    continue
  fi
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=src "$python" -W error -m unittest discover --start-directory tests --top-level-directory .
done
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=src python3 -W error -m unittest discover --start-directory tests --top-level-directory .
