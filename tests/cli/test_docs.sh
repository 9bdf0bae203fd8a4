#!/usr/bin/env bash
# The pages that the program writes are those that are committed, and every subcommand explains itself.
set -u
n_bad=0
ok() { echo "ok $1"; }
fail() { echo "FAIL $1: $2"; n_bad=1; }

if "$KAIMEN" help input | diff -q - docs/input.md >/dev/null; then ok input_page_is_current
else fail input_page_is_current "write it again: kaimen help input > docs/input.md"; fi

for name in $("$KAIMEN" help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
    "$KAIMEN" "$name" --help >"$SCRATCH/help.txt" 2>&1 || fail "help_of_$name" "exit status $?"
    if grep -q '^Example:' "$SCRATCH/help.txt" && grep -q '^usage: kaimen' "$SCRATCH/help.txt"; then ok "help_of_$name"
    else fail "help_of_$name" "no usage or example"; fi
    grep -qF ".SS ${name//-/\\-} " docs/kaimen.1 || grep -qxF ".SS $name" docs/kaimen.1 ||
        fail "manual_names_$name" "no section in docs/kaimen.1"
done

if [ "$("$KAIMEN" --version | wc -l)" = 1 ]; then ok version_is_one_line
else fail version_is_one_line "$("$KAIMEN" --version | wc -l) lines"; fi

for example in inputs/*.yaml; do
    case $(basename "$example") in energy-*) continue ;; esac
    if "$KAIMEN" plan "$example" >"$SCRATCH/plan.txt" 2>&1; then ok "plan_of_$(basename "$example" .yaml)"
    else fail "plan_of_$(basename "$example" .yaml)" "$(head -c 300 "$SCRATCH/plan.txt")"; fi
done
exit $n_bad
