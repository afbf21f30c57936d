//! Memory at its highest, of a process that does nothing else.

use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;

use crate::parsing::parsed;
use crate::table::{Goal, Row, Table};
use crate::text::{Edition, datamodel, small_models};

/// The argument that makes this program the process that is measured.
pub(crate) const CHILD: &str = "--peak-memory-of";

/// Reads the file, parses it, and prints how many KiB more the process had at its highest than before.
pub(crate) fn child(file: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    let before = status("VmRSS");
    black_box(parsed(&text));
    println!("{}", status("VmHWM").saturating_sub(before));
}

/// A line of the process's own status, in KiB.
pub(crate) fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Parse and validate.
pub(crate) fn measure(table: &mut Table) {
    let texts = [
        ("1000 models of 20 columns", datamodel(1_000, Edition::First)),
        ("10000 small models", small_models(10_000)),
    ];
    for (what, text) in texts {
        let file: PathBuf = std::env::temp_dir().join(format!("{}.prisma", uuid::Uuid::new_v4().simple()));
        std::fs::write(&file, &text).unwrap();
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).arg(CHILD).arg(&file).output().unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let kibibytes: u32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        let size = f64::from(u32::try_from(text.len()).unwrap()) / 1024.0;
        table.add(Row {
            what: format!("memory to parse {what}"),
            ours: format!("{:.1} MiB", f64::from(kibibytes) / 1024.0),
            peer: format!("the text {:.1} MiB", size / 1024.0),
            figure: f64::from(kibibytes) / size,
            goal: Goal::AtMost(40.0, " times the text"),
        });
    }
}
