#!/usr/bin/env bash
# Does what a newcomer does: runs the demo, the commands that it prints, and then
# checks its packages with tools that know nothing of this program.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly READY_ATTEMPTS=300 # with a pause of 0.1 s between them
readonly STOP_SECONDS=10
readonly PACKAGES=5
readonly OFFENDERS='+79260000202 ПАО «МегаФон» 7 6 6 3 3 0
+79160000101 ПАО «МТС» 6 3 3 1 2 1
+79770000303 ООО «ИНТЕРНОД» 4 3 3 2 1 2'

fail() {
    echo "demo.sh: $1" >&2
    exit 1
}

clean_up() {
    [[ -z ${server:-} ]] || kill -KILL "$server" 2>/dev/null || true
    rm -rf "$scratch"
}

run_demo() {
    "$BAITLINE_TEST_BINARY" demo --folder "$folder" >"$printed" || {
        cat "$printed"
        fail 'the demo failed'
    }
}

# The table as it stands between its header and the next empty line.
check_table() {
    local table
    table=$(sed -n '/^  number  *operator /,/^$/p' "$printed" | sed '1d;/^$/d' | tr -s ' ' | sed 's/^ //')
    [[ $table == "$OFFENDERS" ]] || fail "another table than expected: $table"
}

check_lines() {
    local checks
    checks=$(sed -n '/^Against the answers/,/^$/p' "$printed" | sed '1d;/^$/d')
    [[ $(grep -c '^  OK  ' <<<"$checks") -ge 20 ]] || fail "fewer checks than expected: $checks"
    ! grep -v '^  OK  ' <<<"$checks" || fail 'a check that is not OK'
}

# Both commands exactly as printed, each in a shell of its own.
try_printed_commands() {
    local serve curl base csv
    serve=$(sed -n '/^  .* serve --data /p' "$printed")
    curl=$(sed -n '/^  curl /,/[^\]$/p' "$printed")
    base=$(grep -o 'http://[0-9.:]*' <<<"$curl")
    [[ -n $serve && -n $base ]] || fail 'no commands to go on with'
    bash -c "exec $serve" >"$scratch/serve.log" 2>&1 &
    server=$!
    wait_until_ready "$base"
    csv=$(bash -c "$curl" 2>"$scratch/curl.log") || fail "curl: $(<"$scratch/curl.log")"
    check_csv "$csv"
    stop_server
}

wait_until_ready() {
    local attempt
    for ((attempt = 0; attempt < READY_ATTEMPTS; attempt++)); do
        curl --silent --fail --output /dev/null "$1/readyz" && return
        kill -0 "$server" 2>/dev/null || fail "the server ended: $(<"$scratch/serve.log")"
        sleep 0.1
    done
    fail 'the server did not get ready'
}

# A number has an apostrophe before it, lest a spreadsheet take it for a formula.
check_csv() {
    local expected found
    expected=$(awk '{ print "\x27" $1 }' <<<"$OFFENDERS")
    found=$(awk -F, '$1 == "repeat_offender" { print $2 }' <<<"$1")
    [[ $found == "$expected" ]] || fail "another report than expected: $1"
}

stop_server() {
    kill -TERM "$server"
    timeout "$STOP_SECONDS" tail --pid="$server" -f /dev/null || fail "still there $STOP_SECONDS s after SIGTERM"
    wait "$server" || fail "SIGTERM ended the server with $?: $(<"$scratch/serve.log")"
    server=''
}

check_package() {
    local package=$1 unpacked bag
    unpacked=$(mktemp -d "$scratch/unpacked.XXXXXX")
    unzip -tq "$package"
    unzip -q "$package" -d "$unpacked"
    bag=$(find "$unpacked" -mindepth 1 -maxdepth 1)
    bagit.py --quiet --validate "$bag" || fail "bagit does not accept $package"
    (cd "$bag" && sha256sum --check --strict --quiet manifest-sha256.txt tagmanifest-sha256.txt) ||
        fail "sha256sum does not accept $package"
}

check_packages() {
    local packages=("$folder"/packages/*.zip) package
    [[ ${#packages[@]} -eq $PACKAGES ]] || fail "${#packages[@]} packages instead of $PACKAGES"
    for package in "${packages[@]}"; do
        check_package "$package"
    done
    "$BAITLINE_TEST_BINARY" verify "${packages[@]}"
    PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/broken_copies.py "$scratch" "${packages[@]}"
}

scratch=$(mktemp -d)
trap clean_up EXIT
# A printed command must work whatever the folder is called.
folder="$scratch/it's a demo"
printed=$scratch/printed.txt

run_demo
check_table
check_lines
try_printed_commands
check_packages
