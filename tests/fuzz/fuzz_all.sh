#!/usr/bin/env bash
# Runs every fuzzer for SECONDS side by side, from a copy of its corpus, and prints a row of Markdown
# for each: runs, runs a second, features, new inputs, what was found.
#
#   cmake --preset fuzz && cmake --build --preset fuzz && tests/fuzz/fuzz_all.sh 900
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
seconds=${1:?how many seconds}
out=build/fuzz/out
mkdir -p "$out"
for program in build/fuzz/bin/*_fuzzer; do
    name=$(basename "$program" _fuzzer)
    rm -rf "${out:?}/$name" && cp -r "tests/fuzz/corpus/$name" "$out/$name"
    (cd "$out" && "../bin/${name}_fuzzer" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 \
        -artifact_prefix="$name-" -print_final_stats=1 -verbosity=1 "$name" >"$name.log" 2>&1) &
done
wait || true
echo "| fuzzer | runs | a second | features | new inputs | found |"
echo "|---|---|---|---|---|---|"
for program in build/fuzz/bin/*_fuzzer; do
    name=$(basename "$program" _fuzzer)
    log=$out/$name.log
    number() { grep -a "stat::$1" "$log" | tail -n 1 | awk '{print $2}'; }
    features=$(grep -aoE 'ft: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)
    found=$(find "$out" -maxdepth 1 -name "$name-*" | wc -l)
    echo "| \`$name\` | $(number number_of_executed_units) | $(number average_exec_per_sec) | ${features:-?} |" \
        "$(number new_units_added) | $found |"
done
