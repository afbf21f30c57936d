//! Databases as Prisma 1's server left them, written as datamodels v1.1: a plan from each to its text is empty, and what a
//! person wrote stays.

use datamodel::{Edition, Source};
use introspection::{Form, Written, write};
use pipeline::{FirstContact, Request, RunMode};
use reason::Reason;
use schema::{Dialect, Schema};
use upgrade::{Target, upgrade};

use crate::support::{Place, parse, scope, steps};

/// Where Prisma 1 kept a service and its stage.
async fn postgresql() -> Place {
    let mut place = Place::postgresql().await;
    place.target = place.target.clone().with_namespace(Some("blog$dev".to_owned()));
    place
}

async fn found(place: &Place) -> Schema {
    let namespaces: Vec<String> = place.target.namespace().iter().map(|&name| name.to_owned()).collect();
    place.connect().await.introspect(&namespaces).await.unwrap()
}

async fn written(place: &Place, before: Option<&str>) -> Written {
    let mut found = found(place).await;
    if let Some(before) = before {
        let declared = schema::derive(&parse(before), &scope(&place.target));
        found = place.connect().await.recognise(found, &declared).await.unwrap();
    }
    write(&found, Form::SdlV11, &scope(&place.target), before)
        .unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn request(place: &Place, text: &str) -> Request {
    Request {
        datamodel: parse(text),
        mode: RunMode::Plan,
        first_contact: FirstContact::Adopt,
        ..crate::support::empty_request(&place.target)
    }
}

/// The text for the database, of which a plan is empty and which is written the same again.
async fn settled(place: &Place, before: Option<&str>) -> String {
    let text = exact(place, before).await;
    assert_eq!(exact(place, Some(&text)).await, text);
    text
}

async fn exact(place: &Place, before: Option<&str>) -> String {
    let Written { text, remarks } = written(place, before).await;
    assert_eq!(remarks, [], "{text}");
    let outcome = place.migrate(&request(place, &text)).await;
    assert_eq!(steps(&outcome), Vec::<String>::new(), "{}\n{text}", outcome.message);
    assert!(matches!(outcome.reason, Reason::Baselined | Reason::UpToDate), "{:?}\n{text}", outcome.reason);
    text
}

/// What the server of Prisma 1.34 sent to PostgreSQL for [`BLOG`].
const ON_POSTGRESQL: &str = r#"
CREATE SCHEMA "blog$dev";
SET search_path = "blog$dev";
CREATE TABLE "User" ("id" varchar (25) NOT NULL, PRIMARY KEY ("id"));
ALTER TABLE "User" ADD COLUMN "email" text;
ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL;
CREATE UNIQUE INDEX "blog$dev.User.email._UNIQUE" ON "User" ("email" ASC);
ALTER TABLE "User" ADD COLUMN "name" text NULL;
ALTER TABLE "User" ADD COLUMN "role" text NOT NULL;
ALTER TABLE "User" ADD COLUMN "rating" Decimal(65,30) NULL;
ALTER TABLE "User" ADD COLUMN "settings" text NULL;
ALTER TABLE "User" ADD COLUMN "createdAt" timestamp (3) NOT NULL;
ALTER TABLE "User" ADD COLUMN "updatedAt" timestamp (3) NOT NULL;
CREATE TABLE "posts" ("id" int NOT NULL, PRIMARY KEY ("id"));
CREATE SEQUENCE "posts_id_seq" START 1;
ALTER TABLE "posts" ALTER COLUMN "id" SET DEFAULT nextval('"blog$dev"."posts_id_seq"'::regclass);
ALTER TABLE "posts" ADD COLUMN "title" text NOT NULL;
ALTER TABLE "posts" ADD COLUMN "published" boolean NOT NULL;
ALTER TABLE "posts" ADD COLUMN "views" int NULL;
ALTER TABLE "posts" ADD COLUMN "author" varchar (25) NULL REFERENCES "User" ("id") ON DELETE SET NULL;
CREATE TABLE "Tag" ("id" uuid NOT NULL, PRIMARY KEY ("id"));
ALTER TABLE "Tag" ADD COLUMN "word" text NOT NULL;
CREATE UNIQUE INDEX "blog$dev.Tag.word._UNIQUE" ON "Tag" ("word" ASC);
CREATE TABLE "User_nicknames" ("nodeId" varchar (25) NOT NULL REFERENCES "User" ("id"), "position" INT NOT NULL,
  "value" text NOT NULL, PRIMARY KEY ("nodeId", "position"));
CREATE TABLE "_PostToTag" ("A" int NOT NULL, "B" uuid NOT NULL,
  FOREIGN KEY ("A") REFERENCES "posts" ("id") ON DELETE CASCADE,
  FOREIGN KEY ("B") REFERENCES "Tag" ("id") ON DELETE CASCADE);
CREATE UNIQUE INDEX "_PostToTag_AB_unique" ON "_PostToTag" ("A" ASC, "B" ASC);
CREATE INDEX "_PostToTag_B" ON "_PostToTag" ("B" ASC);
CREATE TABLE "_Friends" ("id" CHAR(25) NOT NULL, PRIMARY KEY ("id"), "A" varchar (25) NOT NULL, "B" varchar (25) NOT NULL,
  FOREIGN KEY ("A") REFERENCES "User" ("id") ON DELETE CASCADE,
  FOREIGN KEY ("B") REFERENCES "User" ("id") ON DELETE CASCADE);
CREATE UNIQUE INDEX "_Friends_AB_unique" ON "_Friends" ("A" ASC, "B" ASC);
CREATE INDEX "_Friends_B" ON "_Friends" ("B" ASC);
CREATE TABLE "_RelayId" ("id" varchar (36) NOT NULL, "stableModelIdentifier" varchar (25) NOT NULL,
  CONSTRAINT "pk_RelayId" PRIMARY KEY ("id"));
ALTER TABLE "posts" ADD COLUMN "editor" varchar (25) NULL REFERENCES "User" ("id") ON DELETE SET NULL;
CREATE INDEX "posts_by_title" ON "posts" ("title", "views");
"#;

/// The same on MySQL.
const ON_MYSQL: [&str; 18] = [
    "CREATE TABLE `User` (`id` char(30) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL, PRIMARY KEY (`id`)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "ALTER TABLE `User` ADD COLUMN `email` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, ADD UNIQUE INDEX `email_UNIQUE` (`email`(191) ASC)",
    "ALTER TABLE `User` ADD COLUMN `name` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "ALTER TABLE `User` ADD COLUMN `role` varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL",
    "ALTER TABLE `User` ADD COLUMN `rating` Decimal(65,30)",
    "ALTER TABLE `User` ADD COLUMN `settings` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "ALTER TABLE `User` ADD COLUMN `createdAt` datetime(3) NOT NULL, ADD COLUMN `updatedAt` datetime(3) NOT NULL",
    "CREATE TABLE `posts` (`id` int NOT NULL AUTO_INCREMENT, PRIMARY KEY (`id`)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "ALTER TABLE `posts` ADD COLUMN `title` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, ADD COLUMN `published` boolean NOT NULL, ADD COLUMN `views` int",
    "ALTER TABLE `posts` ADD COLUMN `author` char(30) CHARACTER SET utf8 COLLATE utf8_general_ci, ADD FOREIGN KEY (`author`) REFERENCES `User`(`id`) ON DELETE SET NULL",
    "CREATE TABLE `Tag` (`id` char(36) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL, PRIMARY KEY (`id`))",
    "ALTER TABLE `Tag` ADD COLUMN `word` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, ADD UNIQUE INDEX `word_UNIQUE` (`word`(191) ASC)",
    "CREATE TABLE `User_nicknames` (`nodeId` char(30) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL, `position` INT(4) NOT NULL, `value` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, PRIMARY KEY (`nodeId`, `position`), INDEX `value` (`value`(191) ASC), FOREIGN KEY (`nodeId`) REFERENCES `User`(`id`) ON DELETE CASCADE) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "CREATE TABLE `_PostToTag` (`A` int NOT NULL, `B` char(36) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL, UNIQUE INDEX `PostToTag_AB_unique` (`A` ASC, `B` ASC), INDEX `B` (`B` ASC), FOREIGN KEY (`A`) REFERENCES `posts`(`id`) ON DELETE CASCADE, FOREIGN KEY (`B`) REFERENCES `Tag`(`id`) ON DELETE CASCADE)",
    "CREATE TABLE `_Friends` (`id` char(30) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL, PRIMARY KEY (`id`), `A` char(30) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL, `B` char(30) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL, UNIQUE INDEX `Friends_AB_unique` (`A` ASC, `B` ASC), INDEX `B` (`B` ASC), FOREIGN KEY (`A`) REFERENCES `User`(`id`) ON DELETE CASCADE, FOREIGN KEY (`B`) REFERENCES `User`(`id`) ON DELETE CASCADE)",
    "CREATE TABLE `_RelayId` (`id` varchar(36) NOT NULL, `stableModelIdentifier` varchar(30) NOT NULL, PRIMARY KEY (`id`))",
    "ALTER TABLE `posts` ADD COLUMN `editor` char(30) CHARACTER SET utf8 COLLATE utf8_general_ci, ADD FOREIGN KEY (`editor`) REFERENCES `User`(`id`) ON DELETE SET NULL",
    "CREATE INDEX `posts_by_title` ON `posts` (`title`(191), `views`)",
];

async fn left_by_prisma(place: &Place) {
    match place.target.dialect() {
        Dialect::PostgreSql => place.execute(ON_POSTGRESQL).await,
        Dialect::MySql => {
            for statement in ON_MYSQL {
                place.execute(statement).await;
            }
        }
        Dialect::Sqlite => panic!("Prisma 1 did not run on SQLite"),
    }
}

/// An old database gives a datamodel that a plan has nothing to do for; the one note tells of what is nowhere in it.
async fn an_old_database_becomes_a_datamodel(place: &Place) {
    left_by_prisma(place).await;
    let Written { text, remarks } = written(place, None).await;
    let is_mysql = place.target.dialect() == Dialect::MySql;
    let notes: Vec<&str> = remarks.iter().map(|remark| remark.about.as_str()).collect();
    assert_eq!(notes, if is_mysql { vec!["User.role"] } else { vec![] }, "{remarks:?}\n{text}");
    let said = |line: &str| assert!(text.contains(line), "{line}\n{text}");
    said("  nicknames: [String!]! @scalarList(strategy: RELATION)\n");
    said("  tags: [Tag!]! @relation(link: TABLE)\n");
    said("type Friends @relationTable @db(name: \"_Friends\") {\n  id: ID! @id\n");
    said("@indexes(value: [{name: \"posts_by_title\", fields: [\"title\", \"views\"], unique: false}])");
    said(if is_mysql { "  role: UserRole!\n" } else { "  role: String!\n" });
    assert!(!text.contains("RelayId"), "{text}");
    let outcome = place.migrate(&request(place, &text)).await;
    assert_eq!(steps(&outcome), Vec::<String>::new(), "{}\n{text}", outcome.message);
    assert_eq!(settled(place, Some(&text)).await, text);
}

/// The datamodel that a team kept all those years.
const BLOG: &str = r#"# The blog of 2018
"""Who writes"""
type Writer @db(name: "User") {
  id: ID! @id(strategy: NONE)
  mail: String! @unique @db(name: "email") # checked by hand
  name: String
  role: Role! @default(value: READER)

  rating: Float
  settings: Json
  nicknames: [String!]! @scalarList(strategy: RELATION)
  createdAt: DateTime! @createdAt
  updatedAt: DateTime! @updatedAt
  friends: [Writer!]! @relation(name: "Friends")
  wrote: [Article!]! @relation(name: "Author")
}

# the id is as old as the service
type Friends @relationTable @db(name: "_Friends") {
  id: ID! @id
  A: Writer!
  B: Writer!
}

enum Role { READER WRITER }

type Article @db(name: "posts") @indexes(value: [
    { fields: ["title", "views"], name: "posts_by_title", unique: false } # for the archive
  ]) {
  id: Int! @id(strategy: SEQUENCE)
  title: String!
  published: Boolean! @default(value: false)
  views: Int
  author: Writer! @relation(name: "Author", link: INLINE, onDelete: CASCADE)
  editor: Writer @relation(name: "Editor", link: INLINE)
  tags: [Tag!]! @relation(name: "PostToTag", link: TABLE)
}

type Tag {
  id: UUID! @id
  word: String! @unique
  articles: [Article!]! @relation(name: "PostToTag")
}
"#;

/// Whatever a person wrote stays; what has changed in the database is changed, and nothing else.
async fn a_datamodel_of_old_is_kept(place: &Place) {
    left_by_prisma(place).await;
    let text = BLOG;
    assert_eq!(settled(place, Some(text)).await, text);
    let (quote, text_type) = match place.target.dialect() {
        Dialect::MySql => ('`', "mediumtext"),
        Dialect::PostgreSql | Dialect::Sqlite => ('"', "text"),
    };
    let table = |name: &str| match place.target.namespace() {
        Some(namespace) => format!("{quote}{namespace}{quote}.{quote}{name}{quote}"),
        None => format!("{quote}{name}{quote}"),
    };
    let length = if text_type == "text" { "" } else { "(191)" };
    let (posts, tags) = (table("posts"), table("Tag"));
    for statement in [
        format!("ALTER TABLE {posts} ADD COLUMN {quote}slug{quote} {text_type} NULL"),
        format!("ALTER TABLE {posts} DROP COLUMN {quote}published{quote}"),
        format!("CREATE INDEX by_slug ON {posts} ({quote}slug{quote}{length})"),
        format!("CREATE INDEX tags_by_word ON {tags} ({quote}word{quote}{length}, {quote}id{quote})"),
    ] {
        place.execute(&statement).await;
    }
    let after = settled(place, Some(text)).await;
    let expected = text
        .replace("  published: Boolean! @default(value: false)\n", "")
        .replace("  views: Int\n", "  views: Int\n  slug: String\n")
        .replace(
            "name: \"posts_by_title\", unique: false }",
            "name: \"posts_by_title\", unique: false },\n    {name: \"by_slug\", fields: [\"slug\"], unique: false}",
        )
        .replace(
            "type Tag {",
            "type Tag @indexes(value: [{name: \"tags_by_word\", fields: [\"word\", \"id\"], unique: false}]) {",
        );
    assert_eq!(after, expected);
}

/// The text in PSL, with what the server itself had named written into it, has nothing to do.
async fn an_upgraded_datamodel_takes_the_names_that_are_there(place: &Place) {
    left_by_prisma(place).await;
    let source = Source { text: BLOG, language: None, edition: None };
    let (upgraded, findings) = upgrade(source, Target::Psl, &scope(&place.target));
    let upgraded = upgraded.unwrap_or_else(|| panic!("{findings:?}")).text;
    let form = Form::Psl(Edition::Six);
    let written = write(&found(place).await, form, &scope(&place.target), Some(&upgraded)).unwrap();
    let outcome = place.migrate(&request(place, &written.text)).await;
    assert_eq!(steps(&outcome), Vec::<String>::new(), "{}\n{}", outcome.message, written.text);
    let kept = |line: &&str| !line.contains("@relation(") && !line.contains("@db.Char(25)");
    for line in upgraded.lines().filter(kept) {
        assert!(written.text.contains(line.trim()), "{line}\n{}", written.text);
    }
}

/// Own indexes go to a database and come back from it.
async fn indexes_come_back(place: &Place) {
    let text = BLOG.replace("role: Role! @default(value: READER)", "role: String!");
    let text = text
        .replace("enum Role { READER WRITER }\n\n", "")
        .replace("type Tag {", "type Tag @index(name: \"words\", fields: [\"word\", \"id\"]) {");
    let applying = Request { mode: RunMode::Apply, ..request(place, &text) };
    place.apply_request(&applying).await;
    assert_eq!(settled(place, Some(&text)).await, text);
    let fresh = settled(place, None).await;
    assert!(fresh.contains("{name: \"words\", fields: [\"word\", \"id\"], unique: true}"), "{fresh}");
    assert!(
        fresh.contains("{name: \"posts_by_title\", fields: [\"title\", \"views\"], unique: false}"),
        "{fresh}"
    );
}

/// What `@indexes` has no words for stands above the type, and a note names it.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_said_of_an_index_is_told() {
    let place = postgresql().await;
    left_by_prisma(&place).await;
    place
        .execute(
            r#"SET search_path = "blog$dev";
            CREATE INDEX hashed ON "Tag" USING hash (word);
            CREATE INDEX backwards ON "Tag" (word DESC);
            CREATE UNIQUE INDEX short_words ON "Tag" (word) WHERE length(word) < 4;
            CREATE INDEX lowered ON "Tag" (lower(word))"#,
        )
        .await;
    let Written { text, remarks } = written(&place, None).await;
    let (above, _) = text.split_once("type Tag {").unwrap();
    for told in [
        "what a plan leaves alone: index lowered (expression), index short_words (partial).\n",
        "# The index \"backwards\" cannot be said here (descending), and a plan drops it.\n",
        "# The index \"hashed\" cannot be said here (hash), and a plan drops it.\n",
    ] {
        assert!(above.contains(told), "{told}\n{text}");
    }
    let told: Vec<String> = remarks.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|note| note.contains("would: drop index backwards")), "{told:?}");
    assert!(told.iter().any(|note| note.contains("hashed: Prisma 1 has no such index (hash)")), "{told:?}");
}

mod on_postgresql {
    use super::postgresql;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_old_database_becomes_a_datamodel() {
        super::an_old_database_becomes_a_datamodel(&postgresql().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_datamodel_of_old_is_kept() {
        super::a_datamodel_of_old_is_kept(&postgresql().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn indexes_come_back() {
        super::indexes_come_back(&postgresql().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_upgraded_datamodel_takes_the_names_that_are_there() {
        super::an_upgraded_datamodel_takes_the_names_that_are_there(&postgresql().await).await;
    }
}

mod on_mysql {
    use super::Place;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_old_database_becomes_a_datamodel() {
        super::an_old_database_becomes_a_datamodel(&Place::mysql().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_datamodel_of_old_is_kept() {
        super::a_datamodel_of_old_is_kept(&Place::mysql().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn indexes_come_back() {
        super::indexes_come_back(&Place::mysql().await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_upgraded_datamodel_takes_the_names_that_are_there() {
        super::an_upgraded_datamodel_takes_the_names_that_are_there(&Place::mysql().await).await;
    }
}
