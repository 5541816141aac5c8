#!/usr/bin/env bash
# Gets the source packages of packages.txt, in the versions named there, with `apt-get source`.
#
#     tests/corpus/fetch.sh [-d FOLDER] [-n N] [NAME...]
#
# All of them, the first N that can be had, or the named ones, into FOLDER (default: $UNRACE_CORPUS, else target/corpus).
# What is there is not fetched again. Needs root where apt knows no sources, to add an entry beside those of its packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${UNRACE_CORPUS:-$here/../../target/corpus}
wanted=0
while getopts d:n: option; do
  case $option in
    d) folder=$OPTARG ;;
    n) wanted=$OPTARG ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

has_sources() { apt-get indextargets --format '$(RELEASE)' 'Created-By: Sources' | grep -q bookworm; }

# The machine's own entries for Debian once more, now for sources.
add_sources() {
  local list=/etc/apt/sources.list.d/unrace-corpus
  apt-get update -q
  apt-get indextargets --format '$(ORIGIN)|$(SOURCESENTRY)' 'Created-By: Packages' | sort -u |
    while IFS='|:' read -r origin file entry; do
      [ "$origin" = Debian ] || continue
      case $file in
        *.sources) awk -v RS= -v n="$entry" 'NR == n { print $0 "\n" }' "$file" | sed 's/^Types:.*/Types: deb-src/' >>$list.sources ;;
        *) sed -n "${entry}s/^deb /deb-src /p" "$file" >>$list.list ;;
      esac
    done
  compgen -G "$list.*" >/dev/null || { echo "apt knows no mirror of Debian; add a deb-src entry for bookworm" >&2; exit 2; }
  apt-get update -q
}

unpacked() { # NAME VERSION -> the folder that dpkg-source makes
  local upstream=${2#*:}
  echo "$folder/$1-${upstream%-*}"
}

fetch() { # NAME VERSION
  local scratch tarball
  scratch=$(mktemp -d "$folder/.fetch.XXXXXX")
  if ! (cd "$scratch" && apt-get source -qq -o APT::Sandbox::User=root "$1=$2") >"$scratch.log" 2>&1; then
    # Without Debian's own changes, where only these cannot be had.
    if (cd "$scratch" && apt-get source -qq -o APT::Sandbox::User=root --tar-only "$1=$2") >>"$scratch.log" 2>&1; then
      tarball=$(echo "$scratch"/*.orig.tar.*)
      tar -C "$scratch" --no-same-owner -xf "$tarball"
    fi
  fi
  local made=("$scratch"/*/)
  if [ -d "${made[0]}" ]; then
    mv -T "${made[0]%/}" "$(unpacked "$1" "$2")"
    rm -rf "$scratch" "$scratch.log"
  else
    grep '^E:' "$scratch.log" >&2 || true
    rm -rf "$scratch" "$scratch.log"
    return 1
  fi
}

is_named() { # NAME among the words of the command line
  local name=$1 it
  shift
  for it in "$@"; do
    case $name in "$it" | *-"$it") return 0 ;; esac
  done
  return 1
}

if ! command -v dpkg-source >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends dpkg-dev xz-utils bzip2
fi
if ! has_sources; then
  add_sources
elif ! ls /var/lib/apt/lists/*_source_Sources* >/dev/null 2>&1; then
  apt-get update -q
fi
got=0 missing=0
while read -r name version; do
  case $name in '' | '#'*) continue ;; esac
  [ $# -eq 0 ] || is_named "$name" "$@" || continue
  if [ -d "$(unpacked "$name" "$version")" ] || fetch "$name" "$version"; then
    got=$((got + 1))
  else
    echo "$name $version: cannot be had" >&2
    missing=$((missing + 1))
  fi
  [ "$wanted" -eq 0 ] || [ "$got" -lt "$wanted" ] || break
done <"$here/packages.txt"
echo "$got packages in $folder"
if [ "$wanted" -gt 0 ]; then [ "$got" -ge "$wanted" ]; else [ "$got" -gt 0 ] && [ "$missing" -eq 0 ]; fi
