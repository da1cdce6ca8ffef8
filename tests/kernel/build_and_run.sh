#!/usr/bin/env bash
# Stands in for sonde (SONDE=…/build_and_run.sh): builds the script for kernels like this one and runs what was built,
# so that tests of just-in-time runs become tests of built ones. What has no built form goes to sonde itself.
#
# SONDE_BUILDER is the sonde that builds, SONDE_BUILT the folder of what it builds, to be removed by the caller.
set -uo pipefail
sonde=${SONDE_BUILDER:?} folder=${SONDE_BUILT:?}/$$

arguments=("$@")
build=() run=() words=() behind=()
has_script=false
while [[ $# -gt 0 ]]; do
    case $1 in
    build | -l* | --list | -d* | -h | --help | -V | --version | --emit-* | --test | --bench | --json-schema | schema)
        exec "$sonde" "${arguments[@]}" ;;
    -e) has_script=true build+=("$1" "$2") && shift ;;
    -I | --include) build+=("$1" "$2") && shift ;;
    -k | --unsafe | --no-warnings) build+=("$1") ;;
    --ordered | --json-typed) build+=(--ordered) run+=("$1") ;;
    -o | -f | -c | -p | -B | --output | --cgroup)
        [[ $# -gt 1 ]] || exec "$sonde" "${arguments[@]}"
        run+=("$1" "$2") && shift
        ;;
    --) behind=("$@") && break ;;
    -?*) run+=("$1") ;;
    *.o | *.json) exec "$sonde" "${arguments[@]}" ;;
    *) words+=("$1") ;;
    esac
    shift
done
[[ $has_script == true || ${#words[@]} -gt 0 ]] || exec "$sonde" "${arguments[@]}"
for word in "${behind[@]}"; do
    [[ $word != --help ]] || exec "$sonde" "${arguments[@]}"
done

for old in "$SONDE_BUILT"/*; do
    [[ -d /proc/${old##*/} ]] || rm -rf "$old"
done
# Scripts see who runs them: the executable is called as sonde is.
mkdir -p "$folder"
"$sonde" build "${build[@]}" -o "$folder/sonde" --target-kernel running "${words[@]}" "${behind[@]}" || exit
exec "$folder/sonde" "${run[@]}"
