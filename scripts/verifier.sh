# Sourced by ./run: the checks.

verifier_code() {
  statut=0
  dire "Format";    "$VENV/bin/ruff" format --check --quiet . || { echo "  run: .venv/bin/ruff format ."; statut=1; }
  dire "Lint";      "$VENV/bin/ruff" check --quiet . || statut=1
  dire "Types";     "$VENV/bin/mypy" --no-error-summary src tests || statut=1
  dire "Contracts"; "$VENV/bin/lint-imports" --no-logo 2>/dev/null || "$VENV/bin/lint-imports" || statut=1
  return $statut
}

tester() {
  complet=""
  [ "${1:-}" = "--complet" ] && { complet=1; shift; }
  preparer_tests
  preparer_produit
  navigateur=1
  preparer_debian chromium || navigateur=""
  statut=0
  verifier_code || statut=$?
  export GUICHET_TESTS_COMPLETS="$complet" GUICHET_TESTS_NAVIGATEUR="$navigateur"
  "$VENV/bin/pytest" "$@" || statut=$?
  if [ -z "$navigateur" ] && [ $statut = 0 ]; then
    dire "Not run: the browser tests (tests/parcours). Install the Debian package named above, then run again."
    return 3
  fi
  return $statut
}
