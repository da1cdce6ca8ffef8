#!/usr/bin/env bash
# Another Debian suite's packages without touching the running system: apt with sources, lists, cache and
# (empty) package database of its own.
#
#   suite.sh fetch SUITE DIR PACKAGE…     downloads exactly these packages into DIR
#   suite.sh closure SUITE DIR PACKAGE…   the same with everything that they depend on
#   suite.sh newest SUITE REGEX           prints the newest package whose name matches REGEX
#
# SUITE/ARCH are the packages of another architecture than amd64.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The mirror that the system itself uses, in whatever form its sources are written.
mirror() {
    local site
    # shellcheck disable=SC2016
    site=$(apt-get indextargets --format '$(SITE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
    echo "${site:-http://deb.debian.org/debian}"
}

configure() {
    local suite=${1%/*} arch=amd64 base=$SONDE_CACHE/apt/${1//\//-}
    [[ $1 != */* ]] || arch=${1#*/}
    mkdir -p "$base/lists/partial" "$base/cache/archives/partial"
    : >"$base/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
        "$(mirror)" "$suite" >"$base/sources.list"
    cat >"$base/apt.conf" <<CONF
Dir::Etc::sourcelist "$base/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$base";
Dir::State::lists "$base/lists";
Dir::State::status "$base/status";
Dir::Cache "$base/cache";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
pkgCacheGen::ForceEssential "none";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
    export APT_CONFIG=$base/apt.conf
    # Lists a day old are new enough; asking again would cost seconds at every start.
    if [[ -z $(find "$base/lists" -maxdepth 1 -name '*_Packages*' -mtime -1 -print -quit) ]]; then
        say "reading the package lists of Debian $suite (into $base)"
        apt-get -q -q update >&2
        # apt keeps an unchanged list's old date.
        touch "$base"/lists/*_Packages*
    fi
}

fetch() {
    local directory=$1
    shift
    mkdir -p "$directory"
    (cd "$directory" && apt-get -q -q download "$@" >&2)
}

closure() {
    local directory=$1
    shift
    mkdir -p "$directory/partial"
    apt-get -q -q -y --download-only -o "Dir::Cache::archives=$directory" -o Debug::NoLocking=true \
        install "$@" >&2
}

newest() {
    apt-cache pkgnames | grep -E "^($1)\$" | sort -V | tail -n 1
}

action=$1 suite=$2
shift 2
with_lock "apt-${suite//\//-}" configure "$suite"
export APT_CONFIG=$SONDE_CACHE/apt/${suite//\//-}/apt.conf
case $action in
fetch) fetch "$@" ;;
closure) closure "$@" ;;
newest) newest "$@" ;;
*) die "suite.sh: unknown action '$action'" ;;
esac
