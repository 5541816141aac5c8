use std::sync::Arc;
use unrace::{analysis::*, source::*};
struct Disk(String);
impl Tree for Disk {
    fn read(&self, p: &str) -> Option<Vec<u8>> {
        let q = format!("{}/{}", self.0, p);
        if std::fs::metadata(&q).ok()?.is_file() { std::fs::read(q).ok() } else { None }
    }
    fn list(&self, p: &str) -> Option<Vec<Entry>> {
        let mut v: Vec<Entry> = std::fs::read_dir(format!("{}/{}", self.0, p))
            .ok()?
            .filter_map(|e| {
                let e = e.ok()?;
                Some(Entry { name: e.file_name().into_string().ok()?, is_folder: e.path().is_dir() })
            })
            .collect();
        v.sort_by(|a, b| a.name.cmp(&b.name));
        Some(v)
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let p = Project::new(a[1].clone(), Arc::new(Disk(a[1].clone())));
    let o = Options { notes: true, ..Default::default() };
    let t = std::time::Instant::now();
    let ex = explore(&p, &a[2], &o, &Setup::new(&o));
    let g = &ex.runs[0].graph;
    println!(
        "{:?} jobs {} instances {} goals {:?} configs {} runs {} cycles {:?} errors {:?}",
        t.elapsed(),
        g.jobs.len(),
        g.instances.len(),
        g.goals.iter().map(|x| &x.name).take(6).collect::<Vec<_>>(),
        ex.examined.len(),
        ex.runs.len(),
        g.cycles.len(),
        g.instances[0].database.errors
    );
    for c in ex.examined.iter().take(8) {
        println!("  {}", c.name());
    }
    if a.len() > 3 {
        for c in &ex.examined {
            println!("  {}", c.name());
        }
        for j in &g.jobs {
            if j.target == a[3] {
                println!("{:?}", j.resolved);
                for r in &j.recipes {
                    for l in r.lines.iter() {
                        println!("{}", unrace::text::display(&l.text.text));
                    }
                }
            }
        }
    }
}
