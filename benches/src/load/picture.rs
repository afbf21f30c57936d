//! The times of an application's statements as a picture, one panel each: [`draw`].

use std::fmt::Write as _;
use std::time::Duration;

use super::Seen;
use crate::clock::milliseconds;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 34.0;
const GAP: f64 = 48.0;
/// The slowest statement of so long is one column.
const COLUMN: Duration = Duration::from_millis(100);
/// Milliseconds at the bottom and at the top, in powers of ten.
const POWERS: [i32; 6] = [-1, 0, 1, 2, 3, 4];

/// An SVG with the slowest statement of each tenth of a second, on a scale of powers of ten.
pub(crate) fn draw(panels: &[(&str, &Seen)]) -> String {
    let end = panels.iter().flat_map(|(_, seen)| &seen.samples).map(|sample| sample.due).max();
    let end = end.unwrap_or_default().max(COLUMN);
    let x = |at: Duration| LEFT + WIDTH * at.as_secs_f64() / end.as_secs_f64();
    let count = f64::from(u32::try_from(panels.len()).unwrap());
    let height = TOP + count * (HEIGHT + GAP);
    let width = LEFT + WIDTH + 16.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut top = TOP;
    for (title, seen) in panels {
        let bottom = top + HEIGHT;
        let y = |took: Duration| {
            let power = milliseconds(took).max(0.1).log10().min(4.0);
            bottom - HEIGHT * (power + 1.0) / 5.0
        };
        let (from, to) = seen.migration;
        let _ = writeln!(
            out,
            "<text x=\"{LEFT:.0}\" y=\"{:.0}\" font-size=\"14\">{title}: {}</text>\n\
             <rect x=\"{:.1}\" y=\"{top:.0}\" width=\"{:.1}\" height=\"{HEIGHT:.0}\" fill=\"#eef3fb\"/>",
            top - 10.0,
            seen.summary(),
            x(from),
            x(to) - x(from)
        );
        for power in POWERS {
            let milliseconds = 10_f64.powi(power);
            let at = bottom - HEIGHT * (f64::from(power) + 1.0) / 5.0;
            let _ = writeln!(
                out,
                "<path d=\"M{LEFT:.0} {at:.1}h{WIDTH:.0}\" stroke=\"#ddd\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{milliseconds} ms</text>",
                LEFT - 6.0,
                at + 4.0
            );
        }
        let mut columns: Vec<Duration> = Vec::new();
        for sample in &seen.samples {
            let at = usize::try_from(sample.due.as_millis() / COLUMN.as_millis()).unwrap();
            columns.resize(columns.len().max(at + 1), Duration::ZERO);
            if let Some(slowest) = columns.get_mut(at) {
                *slowest = sample.took.max(*slowest);
            }
        }
        let mut path = String::new();
        for (at, slowest) in columns.iter().enumerate() {
            let begin = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{begin}{:.1} {:.1}", x(COLUMN * u32::try_from(at).unwrap()), y(*slowest));
        }
        let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"#1d4f91\" stroke-width=\"1.2\"/>");
        for second in (0..=end.as_secs()).step_by(5) {
            let at = Duration::from_secs(second);
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{second} s</text>",
                x(at),
                bottom + 16.0
            );
        }
        top = bottom + GAP;
    }
    out.push_str("</svg>\n");
    out
}
