#!/usr/bin/env bash
# Runs everything that must hold: formatting, lints, documentation, all tests
# on both databases, the contract tests. Installs what they need first, starts
# a private PostgreSQL for the run and stops it whatever happens.
set -euo pipefail
cd "$(dirname "$0")"

readonly VENV=.tools/venv
readonly REQUIREMENTS=tests/contract/requirements.txt
readonly NPM=.tools/npm
readonly NGINX=.tools/nginx
readonly NO_CLUSTER=/etc/postgresql-common/createcluster.d/baitline-tests.conf

fail() {
    echo "test.sh: $1" >&2
    exit 1
}

# Runs one named step, and says how long it took.
step() {
    local name=$1 started=$SECONDS
    shift
    printf '\n==> %s\n' "$name"
    "$@"
    timings+="$(printf '%5d s  %s' $((SECONDS - started)) "$name")"$'\n'
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    else
        command -v sudo >/dev/null || fail "not root, and no sudo to install packages: run as root once: apt-get install ${missing[*]}"
        sudo "$@"
    fi
}

have_postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null
}

install_packages() {
    missing=()
    have_postgres || missing+=(postgresql)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
    command -v curl >/dev/null || missing+=(curl)
    command -v unzip >/dev/null || missing+=(unzip)
    command -v git >/dev/null || missing+=(git)
    command -v openssl >/dev/null || missing+=(openssl)
    command -v strace >/dev/null || missing+=(strace)
    command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui libreoffice-writer-nogui)
    if [[ ${#missing[@]} -eq 0 ]]; then
        echo "nothing is missing"
        return
    fi
    command -v apt-get >/dev/null || fail "no apt-get here; install by hand: ${missing[*]}"
    as_root apt-get update -q
    # Debian's package would create and start a cluster of its own, which nobody asked for.
    as_root mkdir -p "$(dirname "$NO_CLUSTER")"
    echo 'create_main_cluster = false' | as_root tee "$NO_CLUSTER" >/dev/null
    local installed=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" || installed=$?
    as_root rm -f "$NO_CLUSTER"
    return "$installed"
}

# A folder that git ignores, made anew only when the pinned versions change.
install_python_tools() {
    local stamp
    stamp=$({ python3 --version; cat "$REQUIREMENTS"; } | sha256sum)
    if [[ -f $VENV/stamp && $(<"$VENV/stamp") == "$stamp" ]]; then
        echo "$VENV is up to date"
        return
    fi
    rm -rf "$VENV"
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$REQUIREMENTS"
    "$VENV/bin/pip" check --disable-pip-version-check
    echo "$stamp" >"$VENV/stamp"
}

# Likewise. No script of a package runs, and nothing is asked but the registry.
install_npm_tools() {
    local stamp
    stamp=$({ node --version; cat tests/contract/package.json tests/contract/package-lock.json; } | sha256sum)
    if [[ -f $NPM/stamp && $(<"$NPM/stamp") == "$stamp" ]]; then
        echo "$NPM is up to date"
        return
    fi
    rm -rf "$NPM"
    mkdir -p "$NPM"
    cp tests/contract/package.json tests/contract/package-lock.json "$NPM"
    npm ci --prefix "$NPM" --ignore-scripts --no-audit --no-fund --no-update-notifier
    echo "$stamp" >"$NPM/stamp"
}

# The baseline of one benchmark. Its file alone: Debian's package would start a server
# that nobody asked for, and all libraries it needs are here with what was installed.
install_nginx() {
    if command -v nginx >/dev/null || [[ -x $NGINX/usr/sbin/nginx ]]; then
        echo "nginx is there"
        return
    fi
    command -v apt-get >/dev/null || fail "no apt-get here; install nginx by hand"
    mkdir -p "$NGINX"
    missing=(nginx)
    (cd "$NGINX" && apt-get download -q nginx) || { as_root apt-get update -q && (cd "$NGINX" && apt-get download -q nginx); }
    dpkg-deb --extract "$NGINX"/nginx_*.deb "$NGINX"
}

start_postgres() {
    coproc POSTGRES { exec crates/testkit/private-postgres.sh; }
    postgres_keeper=$POSTGRES_PID
    postgres_input=${POSTGRES[1]}
    read -r BAITLINE_TEST_POSTGRES <&"${POSTGRES[0]}" || fail "PostgreSQL did not start"
    export BAITLINE_TEST_POSTGRES
    echo "started, kept by process $postgres_keeper"
}

# The end of its input tells the keeper to stop the cluster and remove its files.
stop_postgres() {
    if [[ -n ${postgres_keeper:-} ]]; then
        exec {postgres_input}>&-
        wait "$postgres_keeper" || true
    fi
}

check_documentation() {
    RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
}

run_contract_tests() {
    local script found=no
    for script in tests/contract/*.sh; do
        [[ -x $script ]] || continue
        found=yes
        step "contract: $script" "$script"
    done
    [[ $found == yes ]] || fail "tests/contract holds no executable script, so nothing was tested"
}

# Each program once on a tiny size, for its answers; times are for other days.
run_benches() {
    cargo build --locked --workspace --bins
    local source program
    for source in bench/src/bin/*.rs; do
        program=$(basename "$source" .rs)
        grep -q "/$program\`" bench/README.md || fail "bench/README.md does not name $program"
        "$(dirname "$BAITLINE_TEST_BINARY")/$program" --tiny || fail "$program --tiny failed"
    done
}

timings=''
trap stop_postgres EXIT

step 'packages' install_packages
step 'Python tools' install_python_tools
export PATH="$PWD/$VENV/bin:$PATH"
step 'npm tools' install_npm_tools
export PATH="$PWD/$NPM/node_modules/.bin:$PATH"
step 'nginx' install_nginx
export PATH="$PATH:$PWD/$NGINX/usr/sbin"
export BAITLINE_TEST_BINARY="${CARGO_TARGET_DIR:-$PWD/target}/debug/baitline"

step 'formatting' cargo fmt --all --check
step 'clippy' cargo clippy --locked --workspace --all-targets -- -D warnings
step 'documentation' check_documentation
step 'PostgreSQL' start_postgres
step 'tests' cargo test --locked --workspace
step 'benches' run_benches
run_contract_tests

printf '\nAll passed in %d s:\n%s' "$SECONDS" "$timings"
