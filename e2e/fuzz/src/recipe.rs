//! How a text is made from a text of the corpus.

use crate::tokens::split;

/// A change: its kind, and up to three numbers that say where and what. Every number means something for every text, so
/// that a driver may choose them blindly and make them smaller one by one.
pub type Edit = (u8, u16, u16, u16);

/// The number of a text of the corpus, and the edits of it in their order.
pub type Recipe = (u16, Vec<Edit>);

/// What a language's texts are made from.
#[derive(Debug)]
pub struct Words {
    /// Texts to start from.
    pub texts: Vec<String>,
    /// Words and signs that mean something in the language.
    pub words: &'static [&'static str],
}

/// What may stand anywhere and is easily forgotten.
const ODD: [&str; 18] = [
    "\r\n", "\r", "\n", "\n\n\n", "\u{feff}", "\0", "é", "𝒳", "\u{200d}", "\t", "\\", "\"", "\"\"\"", "/*",
    "*/", "//", "///", "#",
];

impl Words {
    /// The text of the recipe.
    pub fn text(&self, (text, edits): &Recipe) -> String {
        let mut made = pick(&self.texts, *text).cloned().unwrap_or_default();
        for edit in edits {
            made = self.edited(&made, *edit);
        }
        made
    }

    /// The text that the recipe starts from.
    pub fn start(&self, recipe: &Recipe) -> &str {
        pick(&self.texts, recipe.0).map_or("", String::as_str)
    }

    fn edited(&self, text: &str, (kind, at, other, what): Edit) -> String {
        match kind % 16 {
            0..=8 => self.with_pieces(text, kind % 16, (at, other, what)),
            9..=13 => self.with_lines(text, kind % 16, (at, other, what)),
            14 => {
                // Another text behind this one: names meet twice, datasources too.
                let more = pick(&self.texts, other).map_or("", String::as_str);
                format!("{text}{}{more}", if what.is_multiple_of(2) { "\n" } else { "" })
            }
            _ => match what % 3 {
                0 => text.replace('\n', "\r\n"),
                1 => text.trim_end().to_owned(),
                _ => text.replace('\n', " "),
            },
        }
    }

    fn with_pieces(&self, text: &str, kind: u8, (at, other, what): (u16, u16, u16)) -> String {
        let mut pieces: Vec<&str> = split(text);
        let (Some(at), Some(other)) = (place(pieces.len(), at), place(pieces.len(), other)) else {
            return pick(self.words, what).copied().unwrap_or_default().to_owned();
        };
        let word = pick(self.words, what).copied().unwrap_or_default();
        let nested;
        match kind {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[at]),
            2 => pieces.swap(at, other),
            3 => pieces[at] = pieces[other],
            4 => pieces[at] = word,
            5 => {
                pieces.insert(at, word);
                pieces.insert(at, " ");
            }
            6 => pieces.insert(at, ODD[usize::from(what) % ODD.len()]),
            7 => {
                let (open, close) = [("[", "]"), ("(", ")"), ("{", "}"), ("a(", ")")][usize::from(what) % 4];
                let times = usize::from(what) % 90;
                nested = format!("{}{}{}", open.repeat(times), pieces[at], close.repeat(times));
                pieces[at] = &nested;
            }
            _ => {
                let (from, to) = (at.min(other), at.max(other));
                pieces.drain(from..to.min(from + 12));
            }
        }
        pieces.concat()
    }

    fn with_lines(&self, text: &str, kind: u8, (at, other, what): (u16, u16, u16)) -> String {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (Some(at), Some(other)) = (place(lines.len(), at), place(lines.len(), other)) else {
            return text.to_owned();
        };
        match kind {
            9 => drop(lines.remove(at)),
            10 => lines.insert(at, lines[other]),
            11 => lines.swap(at, other),
            12 => {
                let from = pick(&self.texts, what).map_or("", String::as_str);
                let theirs: Vec<&str> = from.split_inclusive('\n').collect();
                if let Some(line) = place(theirs.len(), what.rotate_left(7)) {
                    lines.insert(at, theirs[line]);
                }
            }
            _ => lines[at] = lines[at].trim_end_matches('\n'),
        }
        lines.concat()
    }
}

fn place(length: usize, number: u16) -> Option<usize> {
    usize::from(number).checked_rem(length)
}

fn pick<T>(from: &[T], number: u16) -> Option<&T> {
    place(from.len(), number).and_then(|place| from.get(place))
}
