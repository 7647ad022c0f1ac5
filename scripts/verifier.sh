# Sourced by ./run: the checks.

verifier_code() {
  statut=0
  dire "Format";    "$VENV/bin/ruff" format --check --quiet . || { dire "  to mend: .venv/bin/ruff format ."; statut=1; }
  dire "Lint";      "$VENV/bin/ruff" check --quiet . || statut=1
  dire "Types";     "$VENV/bin/mypy" --no-error-summary src tests bench || statut=1
  dire "Contracts"; verifier_contrats || statut=1
  if [ -d node_modules ]; then dire "Islands"; trouver_node; "$NODE" node_modules/typescript/bin/tsc --noEmit || statut=1; fi
  return $statut
}

# Silent when the contracts are kept.
verifier_contrats() {
  rapport=$("$VENV/bin/lint-imports" --no-logo 2>&1) && return 0
  printf '%s\n' "$rapport"
  return 1
}

# Rules, permissions and actions are covered to the last branch: names what is not. Reads .coverage in this folder.
verifier_couverture() {
  "$VENV/bin/coverage" report --fail-under=100 --skip-covered --show-missing \
    --include='*/guichet/*/metier.py,*/guichet/*/metier/*,*/guichet/*/permissions*,*/guichet/*/actions.py,*/guichet/*/actions/*' \
    && return 0
  dire "  to mend: a test for each line and branch named above (they are rules and writes), or take out what nothing reaches"
  return 1
}

# The journeys, one a line. The project's own options already say -q: once more and pytest would only count them.
lister_parcours() { "$VENV/bin/pytest" -m navigateur --collect-only "$@" | grep '::' | sed 's/^/    /'; }

# The gate. Everything runs, even after a failure; the status says whether all of it passed (3: all that could run did).
tester() {
  complet=""
  [ "${1:-}" = "--complet" ] && { complet=1; shift; }
  preparer_tests
  preparer_produit
  navigateur=1
  preparer_debian chromium || navigateur=""
  export GUICHET_TESTS_COMPLETS="$complet"

  # With options, one pytest run does what they say.
  if [ $# -gt 0 ]; then "$VENV/bin/pytest" "$@"; return $?; fi

  bilan=0
  verifier_code || bilan=1
  dire "Unit and integration tests"
  couverture=""; [ -n "$complet" ] && couverture="--cov --cov-report="
  # shellcheck disable=SC2086
  "$VENV/bin/pytest" -n 2 --dist loadgroup --no-loadscope-reorder -m "not navigateur and not histoires" $couverture || bilan=1
  if [ -n "$complet" ]; then dire "Coverage of rules, permissions and actions"; verifier_couverture || bilan=1; fi
  dire "Random histories"
  "$VENV/bin/pytest" -m histoires -s || bilan=1
  if [ -n "$navigateur" ]; then
    dire "Journeys in a browser"
    "$VENV/bin/pytest" -m navigateur || bilan=1
  else
    dire "Not run, for want of the Debian package named above:"
    lister_parcours
    [ $bilan = 0 ] && bilan=3
  fi
  return $bilan
}
