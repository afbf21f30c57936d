//! A text in pieces that an edit can move: words, strings, comments, blanks, signs. Rougher than any lexer, so that what
//! it calls one piece may be two or a half for those that are tested.

/// The pieces in order; together they are the text.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest),
            '/' if rest.starts_with("//") => line(rest),
            '#' => line(rest),
            ' ' | '\t' => run(rest, |letter| letter == ' ' || letter == '\t'),
            letter if word(letter) => run(rest, word),
            letter => letter.len_utf8(),
        };
        let (piece, behind) = rest.split_at(length);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

fn word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn run(text: &str, inside: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !inside(letter)).unwrap_or(text.len())
}

fn line(text: &str) -> usize {
    run(text, |letter| letter != '\n')
}

/// Up to and with the closing quote, or the line's end.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
