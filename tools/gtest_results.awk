# Turns GoogleTest's text output into lines of results: status TAB name TAB reason. The text, unlike the
# XML file, is there also when a test ends the whole program.
#
#   awk -v prefix=unit -v status=EXIT_STATUS -v failures=FILE -f gtest_results.awk
#
# What failed tests printed goes to FILE.

function result(how, why) {
    if (how == "fail") {
        failed++
        printf "%s", output > failures
    }
    printf "%s\t%s.%s\t%s\n", how, prefix, running, why
    running = ""
    finished++
}

{ sub(/\r$/, "") }

/^\[==========\] Running [0-9]+ tests? / { expected += $3 }

/^\[ RUN      \] / {
    if (running != "") result("fail", "ended without a result")
    running = $0
    sub(/^\[ RUN      \] /, "", running)
    output = ""
    why = ""
    want_reason = 0
    next
}

running != "" {
    # The last line that a test printed may lack its newline.
    verdict = ""
    if (match($0, /\[       OK \] /)) verdict = "pass"
    else if (match($0, /\[  SKIPPED \] /)) verdict = "skip"
    else if (match($0, /\[  FAILED  \] /)) verdict = "fail"
    output = output $0 "\n"
    if (verdict != "" && index(substr($0, RSTART), running)) {
        if (verdict == "skip" && why == "") why = "no reason given"
        result(verdict, verdict == "skip" ? why : "")
        next
    }
    if ($0 ~ /: Skipped$/) { want_reason = 1; next }
    if (want_reason && $0 != "") { why = $0; want_reason = 0 }
}

END {
    if (running != "") result("fail", "ended without a result (exit status " status ")")
    if (finished < expected) {
        running = "(rest)"
        output = ""
        result("fail", (expected - finished) " tests were not run")
    } else if (expected == 0) {
        running = "(all)"
        result("fail", "ran no test (exit status " status ")")
    } else if (status != 0 && failed == 0) {
        running = "(exit)"
        output = ""
        result("fail", "all tests passed but the program's exit status is " status)
    }
}
