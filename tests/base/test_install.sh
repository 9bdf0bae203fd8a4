# tests/install.sh against a made-up system: it installs what is missing, and nothing else.
fake="$SCRATCH/bin" log="$SCRATCH/log" failed=0
mkdir -p "$fake"
for tool in bash env cat; do ln -s "$(command -v $tool)" "$fake/$tool"; done

# fake NAME BODY: a program that answers for the system.
fake() {
    printf '#!%s/bash\n%s\n' "$fake" "$2" >"$fake/$1"
    chmod +x "$fake/$1"
}

# expect NAME STATUS PATTERN: what install.sh does for two packages, of which b may be missing.
expect() {
    local code=0
    : >"$log"
    PATH="$fake" "$fake/bash" tests/install.sh a b >"$SCRATCH/out" 2>&1 || code=$?
    cat "$log" >>"$SCRATCH/out"
    # Silence becomes an empty line, so that it can be expected.
    [ -s "$SCRATCH/out" ] || echo >"$SCRATCH/out"
    if [ $code -eq "$2" ] && grep -q -- "$3" "$SCRATCH/out"; then
        echo "ok $1"
    else
        echo "FAIL $1: exit status $code, output: $(tr '\n' ' ' <"$SCRATCH/out")"
        failed=1
    fi
}

expect another_system_is_told_the_packages 1 '^  a b$'

fake apt-get "echo apt-get \"\$@\" >>$log"
fake id 'echo 0'
fake dpkg-query 'case $* in *b) exit 1 ;; esac; echo installed'
expect root_installs_what_is_missing 0 '^apt-get install -qy --no-install-recommends b$'

fake id 'echo 1000'
expect a_user_without_sudo_is_told_the_command 1 'As root: apt-get install b$'

fake sudo "echo sudo >>$log; \"\$@\""
expect a_user_with_sudo_installs 0 '^sudo$'

fake dpkg-query 'echo installed'
fake apt-get "echo called >>$log"
expect nothing_is_called_where_all_is_there 0 '^$'
exit $failed
