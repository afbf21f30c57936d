//! Datamodels of any size, like those that people write: twenty columns a model, an enum for ten models, three
//! indexes, and a relation from each model to another.

use std::fmt::Write as _;

/// How a text differs from the plain one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    /// As it is.
    First,
    /// With a change in each of the first models, of six kinds in turn.
    Changed {
        /// How many models change.
        models: usize,
    },
}

/// A datamodel of so many small models: as many as fit into the longest text that is read.
pub(crate) fn small_models(models: usize) -> String {
    let mut text = "datasource db {\n  provider = \"postgresql\"\n}\n\n".to_owned();
    for number in 0..models {
        let _ = write!(
            text,
            "model Note{number} {{
  id        Int      @id @default(autoincrement())
  createdAt DateTime @default(now())
  title     String   @unique
  body      String?
  parentId  Int?
"
        );
        if number > 0 {
            let parent = number / 2;
            let _ = writeln!(
                text,
                "  parent Note{parent}? @relation(\"P{number}\", fields: [parentId], references: [id])"
            );
        }
        for child in [2 * number, 2 * number + 1].into_iter().filter(|child| *child > 0 && *child < models) {
            let _ = writeln!(text, "  c{child} Note{child}[] @relation(\"P{child}\")");
        }
        text.push_str("}\n\n");
    }
    text
}

/// A datamodel of so many models, for PostgreSQL.
pub(crate) fn datamodel(models: usize, edition: Edition) -> String {
    let mut text = "datasource db {\n  provider = \"postgresql\"\n}\n\n".to_owned();
    for number in 0..models.div_ceil(10) {
        let _ = writeln!(text, "enum State{number} {{\n  OPEN\n  HELD\n  CLOSED\n}}\n");
    }
    for number in 0..models {
        let change = match edition {
            Edition::Changed { models } if number < models => Some(number % 6),
            Edition::First | Edition::Changed { .. } => None,
        };
        model(&mut text, number, models, change);
    }
    text
}

fn model(text: &mut String, number: usize, models: usize, change: Option<usize>) {
    let when = |kind: usize, changed: &'static str, plain: &'static str| {
        if change == Some(kind) { changed } else { plain }
    };
    let _ = write!(
        text,
        "model Account{number} {{
  id        Int      @id @default(autoincrement())
  createdAt DateTime @default(now()) @map(\"created_at\")
  updatedAt DateTime @updatedAt @map(\"updated_at\")
  name      String
  slug      String   @unique
  about     String?  @db.Text
  amount    Decimal  @db.Decimal(12, 2)
  ratio     Float    @default(0.5)
  visits    {}
  total     BigInt?
  active    Boolean  @default(true)
  settings  Json     @default(\"{{}}\")
  picture   Bytes?
  labels    String[]
  born      DateTime? @db.Date
{}  code      String   @db.VarChar(40)
  state     State{}  @default(OPEN)
  rank      {}
  parentId  Int?     @map(\"parent_id\")
{}",
        when(0, "BigInt", "Int     @default(0)"),
        when(1, "", "  note      String?\n"),
        number / 10,
        when(2, "Int?", "Int"),
        when(3, "  added     String?\n", ""),
    );
    if number > 0 {
        let parent = number / 2;
        let _ = writeln!(
            text,
            "  parent    Account{parent}? @relation(\"Parent{number}\", fields: [parentId], references: [id])"
        );
    }
    for child in [2 * number, 2 * number + 1].into_iter().filter(|child| *child > 0 && *child < models) {
        let _ = writeln!(text, "  children{child} Account{child}[] @relation(\"Parent{child}\")");
    }
    let _ = write!(
        text,
        "
  @@unique([code, visits])
{}  @@index([parentId])
{}  @@map(\"account_{number}\")
}}

",
        when(4, "", "  @@index([name, createdAt(sort: Desc)])\n"),
        when(5, "  @@index([rank, active])\n", ""),
    );
}
