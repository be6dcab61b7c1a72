# shellcheck shell=bash
# Sourced by quickstart and .ci/run: what is said while something long runs, and when it fails.

# say TEXT: a line with the time since the start.
say() { printf '[%3d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# fail TEXT: one sentence, and the end.
fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

# megabytes BYTES
megabytes() { awk -v b="$1" 'BEGIN { printf b < 1e7 ? "%.1f MB" : "%.0f MB", b / 1e6 }'; }

child=
stop_child() {
    if [ -n "$child" ]; then
        kill -TERM "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    echo >&2
    echo "quickstart: stopped; run it again to go on from here" >&2
    exit 130
}
trap stop_child INT TERM HUP

# run_logged LABEL LOG PROGRESS COMMAND...: runs COMMAND with its output in LOG. PROGRESS is a
# function that prints a few words about how far it is. A terminal gets one line that changes,
# anything else a line every half minute. Returns COMMAND's exit status.
run_logged() {
    local label=$1 log=$2 progress=$3 started=$SECONDS told=$SECONDS elapsed status=0
    shift 3
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null &
    child=$!
    while kill -0 "$child" 2>/dev/null; do
        sleep 0.2
        elapsed=$((SECONDS - started))
        if [ -t 1 ]; then
            [ $SECONDS -gt $told ] && printf '\r\033[K[%3d:%02d] %s: %s, %d s' \
                $((SECONDS / 60)) $((SECONDS % 60)) "$label" "$($progress "$log")" $elapsed && told=$SECONDS
        elif [ $((SECONDS - told)) -ge 30 ]; then
            told=$SECONDS
            say "$label: $($progress "$log"), $elapsed s"
        fi
    done
    wait "$child" || status=$?
    child=
    [ -t 1 ] && printf '\r\033[K'
    elapsed=$((SECONDS - started))
    [ $status -eq 0 ] && say "$label: done in $elapsed s"
    return $status
}

last_line() { tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' | sed -e '/^ *$/d' | tail -n 1 | cut -c 1-70; }
ninja_count() { grep -ao '^\[[0-9]*/[0-9]*\]' "$1" 2>/dev/null | tail -n 1 | tr -d '[]'; }

# cause_of LOG: the likely reason in words, when the log names a well-known one; else nothing.
cause_of() {
    if grep -qaiE 'No space left on device|enough free space' "$1"; then
        echo "the disk is full"
    elif grep -qaE 'DO NOT MATCH THE HASHES' "$1"; then
        echo "a downloaded file is not the pinned one (its hash differs)"
    elif grep -qaiE 'Could not resolve|name resolution|Network is unreachable|Could not connect|Failed to establish|Connection (refused|timed out)|Max retries|ReadTimeout|ProxyError|Unable to fetch|Failed to fetch' "$1"; then
        echo "the network, or the package server, cannot be reached"
    elif grep -qaE 'Could not get lock|Unable to acquire the dpkg' "$1"; then
        echo "another package manager is running"
    elif grep -qaE 'Unable to locate package|has no installation candidate' "$1"; then
        echo "this system's package sources do not have $(grep -aoE "(locate package|Package '?)[^ ']+" "$1" | head -n 1 | sed 's/.* //')"
    elif grep -qaE 'No matching distribution found' "$1"; then
        echo "the Python package index in use does not have the pinned wheel"
    elif grep -qaE 'Killed signal terminated program|out of memory' "$1"; then
        echo "the machine ran out of memory; RINGSCOPE_JOBS=1 ./quickstart uses less"
    fi
}

# first_failure LOG: what the compiler said first, without the command line that provoked it.
first_failure() {
    if grep -qa '^FAILED:' "$1"; then
        awk '/^FAILED:/ { on = 1 } on { print substr($0, 1, 300); if (++n == 40) exit }' "$1" |
            grep -avE '^(: && |cd |ccache |/[^ ]*/(cmake|c\+\+|g\+\+|gcc|nvcc) )'
    elif grep -qa '^CMake Error' "$1"; then
        awk '/^CMake Error/ { on = 1 } on { print; if (++n == 20) exit }' "$1"
    else
        tail -n 15 "$1"
    fi
}

# run_tests LOG CTEST ARGUMENT...: the whole output goes to LOG; printed is what did not pass, with
# its output, and ctest's closing lines. A rank that gets a message waits for its turn, where that can be
# asked for, and does not take the core of the rank that sent it.
run_tests() {
    local log=$1 in_turns=()
    shift
    mkdir -p "$(dirname "$log")"
    chrt --batch 0 true 2>/dev/null && in_turns=(chrt --batch 0)
    say "running the tests; what fails is printed at once, all of it is in $log"
    "${in_turns[@]}" "$@" --output-on-failure --no-tests=error -j "$(nproc)" </dev/null 2>&1 | tee "$log" |
        grep --line-buffered -vE '^ +Start +[0-9]+: | Passed +[0-9.]+ sec$'
}

# Compiler processes at once: RINGSCOPE_JOBS, else one per core, fewer on little memory.
job_count() {
    local cores kilobytes limit jobs
    [ -n "${RINGSCOPE_JOBS:-}" ] && { echo "$RINGSCOPE_JOBS"; return; }
    cores=$(nproc)
    kilobytes=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    [[ $limit =~ ^[0-9]+$ ]] && [ $((limit / 1024)) -lt "$kilobytes" ] && kilobytes=$((limit / 1024))
    jobs=$((kilobytes / 3000000))  # a file that includes torch takes up to 3 GB
    [ $jobs -lt 1 ] && jobs=1
    [ $jobs -gt "$cores" ] && jobs=$cores
    echo "$jobs"
}
