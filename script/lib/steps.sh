# Numbered, timed steps with their output in a log; a failing step shows the end of its output. Sourced by setup.

STEP="" STEP_NOTE="" STEP_OFFSET=0

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

step() {  # title, function, arguments
    STEP=$1; shift
    STEP_NOTE=""
    local from=$EPOCHREALTIME
    printf '  %s …' "$STEP" >&3
    printf '\n== %s\n' "$STEP" >>"$LOG"
    STEP_OFFSET=$(stat -c %s "$LOG")
    "$@" >>"$LOG" 2>&1 </dev/null
    printf ' %s%s s\n' "${STEP_NOTE:+$STEP_NOTE, }" "$(seconds_since "$from")" >&3
    STEP=""
}

free_mb() { df -Pm "$1" | awk 'NR == 2 { print $4 }'; }

need_space() {  # directory, megabytes
    local free; free=$(free_mb "$1")
    if [ "$free" -lt "$2" ]; then
        die "磁盘空间不足：$1 只剩 ${free} MB，需要 $2 MB。" "not enough disk space: $1 has ${free} MB left, $2 MB are needed."
    fi
}

report_failure() {  # exit trap
    local code=$?
    if [ "$code" -eq 0 ] || [ -n "$DIED" ] || [ -z "$STEP" ]; then return; fi
    printf '\n错误：“%s”这一步失败。\nError: this step failed: %s\n' "$STEP" "$STEP" >&4
    tail -c +"$((STEP_OFFSET + 1))" "$LOG" 2>/dev/null | tail -n 30 | sed 's/^/    /' >&4
    if tail -c +"$((STEP_OFFSET + 1))" "$LOG" 2>/dev/null | grep -qiE 'no space left|disk full|磁盘空间' \
        || [ "$(free_mb "$ROOT")" -lt 20 ] || { [ -d "${RUN:-/nonexistent}" ] && [ "$(free_mb "$RUN")" -lt 20 ]; }; then
        printf '磁盘已满，请清理后重试。 The disk is full: free some space and run this again.\n' >&4
    fi
    printf '完整记录 full log: %s\n' "$LOG" >&4
}
