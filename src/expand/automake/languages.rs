//! Languages whose sources automake has compiled together: Vala ("Vala Support") and Java ("Java bytecode compilation").

use super::{Add, Am, List, words};

/// The C files that the Vala sources of a program or library become, all by one run, whose time a stamp keeps.
pub(super) fn vala(am: &Am, base: &str, sources: &str, out: &mut String, add: &mut Add) {
    const NAMED: [&str; 6] = ["-H", "--header", "--internal-header", "--vapi", "--internal-vapi", "--gir"];
    let is_vala = |it: &&str| [".vala", ".vapi", ".gs"].iter().any(|suffix| it.ends_with(suffix));
    let compiled: Vec<&str> = sources.split_whitespace().filter(is_vala).collect();
    if compiled.is_empty() {
        return;
    }
    let own = format!("{base}_VALAFLAGS");
    let own = if am.names.contains(&own) { own } else { "AM_VALAFLAGS".to_owned() };
    let stamp = format!("{base}_vala.stamp");
    let sources = compiled.join(" ");
    let rule = format!("{stamp}: {sources}\n\tvalac $({own}) $(VALAFLAGS) -C {sources}\n\ttouch $@\n");
    add(out, &stamp, &rule);
    for source in compiled.iter().filter_map(|it| it.strip_suffix(".vala").or_else(|| it.strip_suffix(".gs"))) {
        add(out, &format!("{source}.c"), &format!("{source}.c: {stamp}\n"));
    }
    let flags = [(am.value)(&own), (am.value)("VALAFLAGS")].join(" ");
    let mut flags = flags.split_whitespace();
    while let Some(flag) = flags.next() {
        let (option, attached) = flag.split_once('=').map_or((flag, None), |(option, file)| (option, Some(file)));
        if NAMED.contains(&option) {
            let file = attached.or_else(|| flags.next());
            file.into_iter().for_each(|it| add(out, it, &format!("{it}: {stamp}\n")));
        }
    }
}

/// What stands for the classes of a list of Java sources.
pub(super) fn classes(list: &List) -> String {
    format!("class{}.stamp", list.place)
}

/// The classes of a list of Java sources.
pub(super) fn java(am: &Am, list: &List, out: &mut String, add: &mut Add) {
    if list.place == "EXTRA" || words(am, &list.variable).is_empty() {
        return;
    }
    let root = if am.names.contains("JAVAROOT") { "$(JAVAROOT)" } else { "$(top_builddir)" };
    let (stamp, sources) = (classes(list), &list.variable);
    let rule = format!(
        "{stamp}: $({sources})\n\tjavac -d {root} $(AM_JAVACFLAGS) $(JAVACFLAGS) $({sources})\n\techo timestamp > $@\n"
    );
    add(out, &stamp, &rule);
}
