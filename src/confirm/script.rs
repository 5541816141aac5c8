//! A shell script that makes a race happen with nothing but make and sh, to be pasted into a report.

use std::path::Path;

use super::{Site, Suspect};

/// The script for a suspect.
pub fn script(suspect: &Suspect, site: &Site) -> String {
    let below = |path: &str, folder: &Path| {
        let inside = Path::new(path).strip_prefix(folder);
        inside.map_or(path.to_owned(), |it| it.to_string_lossy().into_owned())
    };
    let targets: Vec<String> = suspect.pair().map(|it| quoted(&below(&it.target, &suspect.folder))).collect();
    let words: Vec<String> = suspect.words.iter().map(|it| quoted(it)).collect();
    let file = suspect.paths.first().map_or(String::new(), |it| below(it, &suspect.folder));
    let folder = below(&suspect.folder.to_string_lossy(), &site.root);
    let folder = if folder.is_empty() { ".".to_owned() } else { folder };
    let (a, b) = (&targets[0], targets.last().unwrap_or(&targets[0]));
    let message: String = suspect.message.lines().map(|it| format!("# {it}\n")).collect();
    TEMPLATE
        .replace("@MESSAGE@\n", &message)
        .replace("@FOLDER@", &quoted(&folder))
        .replace("@FILE@", &quoted(&file))
        .replace("@A@", a)
        .replace("@B@", b)
        .replace("@WORDS@", &words.join(" "))
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"_./-+=:,@%".contains(&it);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Each recipe passes through `shell`, which lets the two jobs wait for each other.
const TEMPLATE: &str = r#"#!/bin/sh
# Makes a race happen. Needs GNU make 4.0 or later and sh; builds in the folder given, so give a copy.
# usage: sh race.sh [FOLDER]
@MESSAGE@
# A recipe waits up to a minute for the other (UNRACE_HOLD tenths of a second): build what they need first.
# ends with 1 if both recipes were under way at once, with 0 if make ordered them, with 2 if not both of them ran
cd "${1:-.}" && cd @FOLDER@ || exit 2
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' HUP INT TERM
cat >"$dir/shell" <<'END'
#!/bin/sh
dir=${0%/*} target=$UNRACE_TARGET
unset UNRACE_TARGET
wait_for() { # MINE OTHER
  [ -e "$dir/$1" ] && return
  : >"$dir/$1"
  n=0
  while [ ! -e "$dir/$2" ] && [ $n -lt ${UNRACE_HOLD:-600} ]; do sleep 0.1; n=$((n + 1)); done
  [ -e "$dir/$2" ] && [ ! -e "$dir/late" ] && : >"$dir/met"
  [ -e "$dir/$2" ] || : >"$dir/late"
}
a=@A@ b=@B@
if [ "$a" = "$b" ]; then
  if [ "$target" = "$a" ]; then
    if mkdir "$dir/first" 2>/dev/null; then echo $PPID >"$dir/first/make"; fi
    if [ "$(cat "$dir/first/make" 2>/dev/null)" = $PPID ]; then wait_for a b; else wait_for b a; fi
  fi
elif [ "$target" = "$a" ]; then wait_for a b
elif [ "$target" = "$b" ]; then wait_for b a
fi
exec "$@"
END
chmod +x "$dir/shell"
cat >"$dir/hook.mk" <<END
$dir/hook.mk: ;
.unrace-look = \$(eval .unrace: .unrace-x := \$\$(eval .unrace-shell := \$\$\$\$(SHELL)))
%: SHELL = \$(.unrace-look)$dir/shell \$(.unrace-shell)
%: export UNRACE_TARGET = \$@
MAKEFILE_LIST :=
END
MAKEFILES="$dir/hook.mk" make -j4 @WORDS@
status=$?
if [ -e "$dir/met" ]; then
  echo "race: both recipes were under way at once, and both use" @FILE@ "(make ended with status $status)"
  exit 1
elif [ -e "$dir/a" ] && [ -e "$dir/b" ]; then
  echo "no race: make ran one after the other"
  exit 0
fi
echo "not both of the recipes ran: are they up to date, or did make stop before?"
exit 2
"#;
