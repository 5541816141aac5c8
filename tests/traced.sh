#!/bin/bash
# What recipes really do to files: builds packages serially under strace, for tests/recipes to compare with what is said.
#
#     tests/traced.sh CORPUS WORK [NAME...]      CORPUS has unpacked sources, a folder each; WORK becomes
#     WORK/NAME/tree   the tree as it was before make ran (configured where that is needed)
#     WORK/NAME/log    the system calls of make and all below it
#     WORK/NAME/goals  the goals that make was given
#     TRACED=WORK cargo test --profile quick --test recipes traced -- --ignored --nocapture
#
# make gets a SHELL whose first words name the job: make expands .SHELLFLAGS for each target.
set -u
corpus=$1 work=$2; shift 2
mkdir -p "$work"; work=$(cd "$work" && pwd)

# name|folder in the tree|what configures it|goals
packages='
bridge-utils|.|autoconf && ./configure|
cron|.|:|
dash|.|autoreconf -fi && ./configure|
less|.|./configure|
lsof|.|./Configure -n linux|
lua5.4|.|:|linux
make-dfsg|.|./configure|
squashfs-tools|squashfs-tools|:|
wireless-tools|.|:|
mdadm|.|:|mdadm mdmon
psmisc|.|./configure --disable-nls|
libtool|.|./configure|
cdparanoia|.|./configure|
gzip|.|./configure|
kmod|.|autoreconf -fi && ./configure|
dropbear|.|./configure --disable-zlib --enable-bundled-libtom|
libzstd|.|:|lib-release
m4|.|./configure|
xz-utils|.|./configure --disable-doc --disable-nls|
libevent|.|./configure --disable-openssl|
grep|.|./configure --disable-nls|
jemalloc|.|./configure|
bison|.|./configure --disable-nls|
screen|.|./autogen.sh; ./configure|
rsync|.|./configure --disable-xxhash --disable-zstd --disable-lz4 --disable-openssl --disable-md2man|
nano|.|./configure --disable-nls|
tcpdump|.|./configure|
strace|.|./configure --enable-mpers=no|
sqlite3|.|./configure|
'

calls=execve,open,openat,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat
calls=$calls,chdir,fchdir,clone,clone3,fork,vfork,truncate

shell=$work/labelled-shell
printf '#!/bin/sh\nif [ "$1" = --job ]; then shift 2; fi\nexec /bin/sh "$@"\n' > "$shell"
chmod +x "$shell"

# Generated files of the release younger than their sources, as in a checkout nothing says.
fresh() {
    for it in aclocal.m4 configure config.h.in config.hin Makefile.in; do
        find . -name "$it" -exec touch {} +
        sleep 0.02
    done
}

trace() {   # name folder setup goals
    local out=$work/$1 source
    source=$(find "$corpus" -maxdepth 1 -type d -name "$1-[0-9]*" | head -1)
    [ -n "$source" ] || { echo "$1: not in $corpus"; return; }
    rm -rf "$out"; mkdir -p "$out"
    cp -a "$source/$2" "$out/tree"
    (cd "$out/tree" && fresh && eval "$3") > "$out/setup" 2>&1 || { echo "$1: cannot be configured"; return; }
    cp -a "$out/tree" "$out/before"
    echo "$4" > "$out/goals"
    # shellcheck disable=SC2086
    (cd "$out/tree" && timeout 1500 strace -f --seccomp-bpf -y -s 4096 -q -e signal=none -e "trace=$calls" -o "$out/log" \
        make -j1 "SHELL=$shell" '.SHELLFLAGS=--job $(or $@,.) -c' $4) > "$out/make" 2>&1
    echo "$1: make ended with $?, $(wc -l < "$out/log") calls"
    # The tree before make ran takes the place of the built one: absolute paths in its makefiles hold.
    rm -rf "$out/tree"; mv "$out/before" "$out/tree"
}

while IFS='|' read -r name folder setup goals; do
    [ -n "$name" ] || continue
    if [ $# -eq 0 ] || [[ " $* " == *" $name "* ]]; then trace "$name" "$folder" "$setup" "$goals"; fi
done <<< "$packages"
