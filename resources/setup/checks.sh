# shellcheck shell=bash
# The checks beside the test run. .ci/run and `./quickstart test --all` source this file after
# progress.sh, with the repository as working folder and $logs set.
#
#   checks_of_each_change   what .ci/run does
#   checks_beyond           what does not fit into .ci/run; `./quickstart test --all` does both
#   run_checks NAME...      runs them in this order, ends at the first that fails
#   print_times             a line a check: how long it took

checks_of_each_change="format asan gui-only rank-cpu headless"
checks_beyond="tidy tsan asan-window asan-ranks each-file-alone recipes"

check_lines=()

# timed NAME COMMAND...: runs COMMAND and remembers how long it took.
timed() {
    local name=$1 started=$SECONDS
    shift
    "$@"
    check_lines+=("$(printf '%3d:%02d  %s' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)) "$name")")
}

print_times() { printf '%s\n' "" "minutes  check" "${check_lines[@]/#/ }" ""; }

run_checks() {
    local name
    for name in "$@"; do
        timed "$name" "check_${name//-/_}"
    done
}

# --- text ----------------------------------------------------------------------------------------

source_files() { git ls-files '*.h' '*.cpp' '*.cu' | grep -v '^tests/fixtures/'; }

check_format() {
    say "format: clang-format over $(source_files | wc -l) files"
    source_files | xargs clang-format-14 --dry-run -Werror >"$logs/format.log" 2>&1 || {
        # One by one: not every message of clang-format names its file.
        source_files | while read -r file; do
            clang-format-14 --dry-run -Werror "$file" >/dev/null 2>&1 || echo "$file"
        done | head -n 20
        fail "these files are not formatted: clang-format-14 -i FILE (see $logs/format.log)."
    }
}

# run_tidy FILE...: .clang-tidy's checks as errors, with the commands of build/.
run_tidy() {
    cmake --preset release -DRINGSCOPE_TESTS=ON -DRINGSCOPE_UNITY=OFF -B build/tidy >"$logs/tidy-configure.log" 2>&1 ||
        fail "build/tidy could not be configured (see $logs/tidy-configure.log)."
    ninja -C build/tidy -t targets all | sed -nE 's/^([a-z_]*(_autogen|_embeds_[A-Za-z0-9_]*)): .*/\1/p' |
        xargs ninja -C build/tidy >"$logs/tidy-generated.log" 2>&1
    printf '%s\n' "$@" >"$logs/tidy-files"  # run_logged gives its command no standard input
    run_logged "clang-tidy over $# files" "$logs/tidy.log" last_line xargs -a "$logs/tidy-files" -P "$(nproc)" -n 4 \
        clang-tidy-14 -p build/tidy --quiet --warnings-as-errors='*' || {
        grep -aE '(error|warning):' "$logs/tidy.log" | sort -u | head -n 20
        fail "clang-tidy has objections (see $logs/tidy.log)."
    }
}

# Files changed since RINGSCOPE_TIDY_BASE (a commit; a day before the last commit when unset), the
# newest first and at most RINGSCOPE_TIDY_FILES of them (40 when unset, 0: all): a file takes some
# ten seconds of a core.
check_tidy() {
    local base changed most=${RINGSCOPE_TIDY_FILES:-40}
    base=${RINGSCOPE_TIDY_BASE:-$(git rev-list -1 --before=$(($(git log -1 --format=%ct HEAD) - 86400)) HEAD)}
    [ -n "$base" ] || base=$(git rev-list --max-parents=0 HEAD | tail -n 1)
    mapfile -t changed < <(git log --format= --name-only --diff-filter=d "$base..HEAD" -- 'app/*.cpp' \
        'backend/*.cpp' 'kernels/*.cpp' 'launcher/*.cpp' 'profiler/*.cpp' 'ui/*.cpp' |
        awk '!seen[$0]++' | while read -r file; do [ ! -e "$file" ] || echo "$file"; done)
    if [ ${#changed[@]} -eq 0 ]; then
        say "clang-tidy: nothing changed since ${base:0:9}"
        return
    fi
    if [ "$most" -gt 0 ] && [ ${#changed[@]} -gt "$most" ]; then
        say "clang-tidy: ${#changed[@]} files changed since ${base:0:9}; the $most newest are looked at"
        changed=("${changed[@]:0:$most}")
    fi
    run_tidy "${changed[@]}"
}

# --- slices --------------------------------------------------------------------------------------

# build_slice PRESET FOLDER [CMAKE OPTION...]: configures the preset in FOLDER and builds it, quietly.
build_slice() {
    local preset=$1 folder=$2
    shift 2
    cmake --preset "$preset" -B "$folder" "$@" >"$logs/$preset-configure.log" 2>&1 || {
        first_failure "$logs/$preset-configure.log"
        fail "preset $preset could not be configured (see $logs/$preset-configure.log)."
    }
    local build=(cmake --build --preset "$preset")  # of its own folder: the preset says which targets
    [ "$folder" != build ] || build=(cmake --build "$folder")
    run_logged "building $preset" "$logs/$preset.log" ninja_count "${build[@]}" -j "$(job_count)" || {
        first_failure "$logs/$preset.log"
        fail "preset $preset does not build (see $logs/$preset.log)."
    }
}

# Slices that are compiled as the whole is: in build/, so that nothing is compiled twice.
check_gui_only() { build_slice gui-only build -DRINGSCOPE_TESTS=OFF -DRINGSCOPE_GUI=ON; }
check_rank_cpu() { build_slice rank-cpu build -DRINGSCOPE_TESTS=OFF -DRINGSCOPE_RANK=ON; }
check_headless() { build_slice headless build -DRINGSCOPE_TESTS=OFF -DRINGSCOPE_RANK=ON -DRINGSCOPE_CUDA=AUTO; }

# Unit tests under AddressSanitizer and UBSan; the window's; kernels' on the CPU.
check_asan() {
    build_slice asan build-asan
    run_tests "$logs/asan-tests.log" ctest --preset asan
}

check_asan_window() {
    build_slice asan-window build-asan-window
    QT_QPA_PLATFORM=offscreen run_tests "$logs/asan-window-tests.log" ctest --preset asan-window
}

check_asan_ranks() {
    build_slice asan-ranks build-asan-ranks
    run_tests "$logs/asan-ranks-tests.log" ctest --preset asan-ranks
}

check_tsan() {
    build_slice tsan build/tsan
    # ThreadSanitizer of GCC 12 cannot place its shadow under newer kernels' address randomisation.
    local fixed_addresses=()
    setarch "$(uname -m)" -R true 2>/dev/null && fixed_addresses=(setarch "$(uname -m)" -R)
    run_tests "$logs/tsan-tests.log" "${fixed_addresses[@]}" ctest --preset tsan
}

# Files compiled together can hide a missing #include.
check_each_file_alone() { build_slice dev build/dev; }

check_recipes() {
    run_logged "following the recipes" "$logs/recipes.log" last_line tests/recipes/check_recipes.py --with-window || {
        tail -n 20 "$logs/recipes.log"
        fail "a recipe of README.md does not work (see $logs/recipes.log)."
    }
}
