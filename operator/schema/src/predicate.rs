//! Which rows a partial index holds: [`Predicate`], and whether two of them say the same.

use datamodel::Comparison;
use serde::{Deserialize, Serialize};

use crate::Value;

/// The condition of a partial index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Predicate {
    /// SQL, as the datamodel or the database writes it.
    Text(String),
    /// All of these hold.
    All(Vec<Condition>),
}

/// One condition on a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; `None` is null.
    pub value: Option<Value>,
}

impl Predicate {
    /// True when both read the same but for what never changes the meaning: case of bare words, spaces, comments,
    /// quotes around lower-case names, brackets around a whole condition, `<>` for `!=`. What a database rewrote further
    /// (casts, `IN` as `ANY`) is not the same; only the database itself can tell.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self == other || terms(&self.tokens()) == terms(&other.tokens())
    }

    /// True when the name of the column stands in it, perhaps in another meaning.
    pub fn mentions(&self, column: &str) -> bool {
        match self {
            Self::Text(text) => tokens(text).iter().any(|found| found.token.is_name(column)),
            Self::All(conditions) => conditions.iter().any(|condition| condition.column == column),
        }
    }

    /// The same predicate after its column got another name. For comparison only: the text is never run.
    #[must_use]
    pub fn renamed(&self, old: &str, new: &str) -> Self {
        match self {
            Self::Text(text) => {
                let mut out = String::with_capacity(text.len());
                let mut behind = 0;
                for found in tokens(text) {
                    if found.token.is_name(old) {
                        out.push_str(text.get(behind..found.start).unwrap_or_default());
                        out.push('"');
                        out.push_str(&new.replace('"', "\"\""));
                        out.push('"');
                        behind = found.end;
                    }
                }
                out.push_str(text.get(behind..).unwrap_or_default());
                Self::Text(out)
            }
            Self::All(conditions) => Self::All(
                conditions
                    .iter()
                    .cloned()
                    .map(|mut condition| {
                        if condition.column == old {
                            new.clone_into(&mut condition.column);
                        }
                        condition
                    })
                    .collect(),
            ),
        }
    }

    fn tokens(&self) -> Vec<Token> {
        match self {
            Self::Text(text) => tokens(text).into_iter().map(|found| found.token).collect(),
            Self::All(conditions) => {
                let mut all = Vec::new();
                for condition in conditions {
                    if !all.is_empty() {
                        all.push(Token::word("and"));
                    }
                    condition.append(&mut all);
                }
                all
            }
        }
    }
}

impl Condition {
    fn append(&self, out: &mut Vec<Token>) {
        out.push(Token::name(self.column.clone()));
        let Some(value) = &self.value else {
            out.push(Token::word("is"));
            if self.comparison == Comparison::NotEqual {
                out.push(Token::word("not"));
            }
            out.push(Token::word("null"));
            return;
        };
        out.push(Token::Symbol(if self.comparison == Comparison::Equal { "=" } else { "!=" }.to_owned()));
        match value {
            Value::Boolean(truth) => out.push(Token::word(if *truth { "true" } else { "false" })),
            Value::Number(digits) => {
                if digits.starts_with('-') {
                    out.push(Token::Symbol("-".to_owned()));
                }
                out.push(Token::Word(digits.trim_start_matches('-').to_owned()));
            }
            Value::String(text) => out.push(Token::Text(text.clone())),
            Value::Bytes(content) => out.push(Token::Text(hex::encode(content))),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A bare word in lower case, a number, or a name in quotes that needs none.
    Word(String),
    /// A name that needs its quotes.
    Name(String),
    /// The content of a string.
    Text(String),
    /// An operator, a bracket, a comma.
    Symbol(String),
}

impl Token {
    fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }

    /// A name as the catalog has it. Words with a meaning of their own stay apart from bare ones.
    fn name(name: String) -> Self {
        const MEANT: [&str; 10] =
            ["true", "false", "null", "not", "and", "or", "is", "in", "between", "current_user"];
        let bare = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && name.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '$')
            });
        if bare && !MEANT.contains(&name.as_str()) { Self::Word(name) } else { Self::Name(name) }
    }

    fn is_name(&self, column: &str) -> bool {
        matches!(self, Self::Word(name) | Self::Name(name) if name == column)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self, Self::Symbol(found) if found == symbol)
    }
}

struct Found {
    token: Token,
    start: usize,
    end: usize,
}

/// The tokens of a condition with their places. Linear in the text; whatever is not SQL is a symbol.
fn tokens(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let start = at;
        let token = match first {
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '-' if rest.starts_with("--") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            '\'' | '"' | '`' => {
                let (content, length) = quoted(rest, first);
                at += length;
                if first == '\'' { Token::Text(content) } else { Token::name(content) }
            }
            _ if first.is_alphanumeric() || first == '_' => {
                let number = first.is_ascii_digit();
                let inside = |letter: char| {
                    letter.is_alphanumeric() || matches!(letter, '_' | '$') || (number && letter == '.')
                };
                let length = rest.find(|letter| !inside(letter)).unwrap_or(rest.len());
                at += length;
                Token::Word(rest.get(..length).unwrap_or_default().to_lowercase())
            }
            _ if is_operator(first) => {
                let length = rest.find(|letter| !is_operator(letter)).unwrap_or(rest.len());
                let run = rest.get(..length).unwrap_or_default();
                // A sign belongs to what follows (`=-1`), as PostgreSQL reads it.
                let shorter = run.trim_end_matches(['-', '+']);
                let operator = if shorter.is_empty() { run.get(..1).unwrap_or(run) } else { shorter };
                at += operator.len();
                Token::Symbol(if operator == "<>" { "!=" } else { operator }.to_owned())
            }
            _ => {
                at += first.len_utf8();
                Token::Symbol(first.to_string())
            }
        };
        found.push(Found { token, start, end: at });
    }
    found
}

fn is_operator(letter: char) -> bool {
    matches!(
        letter,
        '<' | '>' | '=' | '!' | '~' | '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '#' | '@' | '?' | ':'
    )
}

/// The content of what begins with this quote, doubled ones undone, and its length with both quotes.
fn quoted(text: &str, quote: char) -> (String, usize) {
    let mut content = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != quote {
            content.push(letter);
        } else if letters.next_if(|(_, next)| *next == quote).is_some() {
            content.push(quote);
        } else {
            return (content, at + quote.len_utf8());
        }
    }
    (content, text.len())
}

/// The conditions that `AND` joins, each without the brackets around it. One with `OR` or `BETWEEN` outside of brackets
/// is not taken apart, since there an `AND` may belong to something else.
fn terms(tokens: &[Token]) -> Vec<&[Token]> {
    let closing = closing(tokens);
    let mut terms = Vec::new();
    let mut open = vec![(0, tokens.len())];
    while let Some((mut start, mut end)) = open.pop() {
        while start < end && closing.get(start).copied().flatten() == end.checked_sub(1) {
            start += 1;
            end -= 1;
        }
        let (mut joints, mut whole, mut at) = (Vec::new(), false, start);
        while at < end {
            match tokens.get(at) {
                Some(Token::Word(word)) if word == "and" => joints.push(at),
                Some(Token::Word(word)) if word == "or" || word == "between" => whole = true,
                _ => {}
            }
            at = closing.get(at).copied().flatten().unwrap_or(at) + 1;
        }
        if whole || joints.is_empty() {
            terms.extend(tokens.get(start..end));
            continue;
        }
        let starts = std::iter::once(start).chain(joints.iter().map(|joint| joint + 1));
        let ends = joints.iter().copied().chain([end]);
        let parts: Vec<(usize, usize)> = starts.zip(ends).collect();
        open.extend(parts.into_iter().rev());
    }
    terms
}

/// For each opening bracket the place of its closing one.
fn closing(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut places = vec![None; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") {
            open.push(at);
        } else if token.is_symbol(")")
            && let Some(slot) = open.pop().and_then(|start| places.get_mut(start))
        {
            *slot = Some(at);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str) -> Predicate {
        Predicate::Text(sql.to_owned())
    }

    fn condition(column: &str, comparison: Comparison, value: Option<Value>) -> Condition {
        Condition { column: column.to_owned(), comparison, value }
    }

    #[test]
    fn form_is_no_difference_and_meaning_is() {
        let same = [
            ("open = true", "(\"open\" = TRUE)"),
            ("a IS NULL AND b <> 'X'", "((a is null) and (b != 'X'))"),
            ("a=-1 -- first", "\n (a = - 1)"),
            ("((a AND b)) AND c", "a AND (b AND c)"),
            ("\"Ä\" = 'it''s'", "(\"Ä\"='it''s')"),
        ];
        for (one, other) in same {
            assert!(text(one).says_the_same(&text(other)), "{one} / {other}");
        }
        let different = [
            ("a = 'x'", "a = 'X'"),
            ("\"A\" = 1", "A = 1"),
            ("(a OR b) AND c", "a OR b AND c"),
            ("a BETWEEN 1 AND b AND c", "a BETWEEN 1 AND (b AND c)"),
            ("a = 1 AND b = 2", "a = 1 OR b = 2"),
            ("\"null\" = a", "null = a"),
            ("a = 1", "a = 1)"),
            ("(a) = 1", "((a = 1)"),
        ];
        for (one, other) in different {
            assert!(!text(one).says_the_same(&text(other)), "{one} / {other}");
        }
    }

    #[test]
    fn an_object_says_what_its_sql_says() {
        let all = Predicate::All(vec![
            condition("open", Comparison::Equal, Some(Value::Boolean(true))),
            condition("deletedAt", Comparison::NotEqual, None),
            condition("n", Comparison::NotEqual, Some(Value::Number("-1.5".to_owned()))),
            condition("s", Comparison::Equal, Some(Value::String("it's".to_owned()))),
        ]);
        let sql = "open = true AND \"deletedAt\" IS NOT NULL AND n != -1.5 AND s = 'it''s'";
        assert!(all.says_the_same(&text(sql)));
        assert!(
            all.mentions("deletedAt") && text(sql).mentions("deletedAt") && !text(sql).mentions("deletedat")
        );
        assert!(all.renamed("n", "m\"2").says_the_same(&text(sql).renamed("n", "m\"2")));
        assert!(!all.renamed("n", "m").says_the_same(&all));
    }

    #[test]
    fn any_text_has_tokens() {
        for odd in ["'", "\"", "/*", "--", "((", "))", "a'b", "é::\u{0}", "$$'$$", ""] {
            assert!(text(odd).says_the_same(&text(odd)), "{odd}");
            assert!(!text(odd).renamed("b", "c").mentions("b"), "{odd}");
        }
    }
}
