//! Stable codes of the findings in PSL. A code never changes its meaning and is never used again.

/// The text has more tokens than are read, or more findings than are shown.
pub(crate) const TOO_MANY_TOKENS: &str = "D0100";
/// A string is not closed on its line.
pub(crate) const UNCLOSED_STRING: &str = "D0101";
/// A string holds an unknown escape sequence.
pub(crate) const BAD_ESCAPE: &str = "D0102";
/// A `/*` comment is not closed.
pub(crate) const UNCLOSED_COMMENT: &str = "D0103";
/// A line outside of every block does not start with a keyword.
pub(crate) const NO_KEYWORD: &str = "D0104";
/// A block is not written as `keyword Name {` on a line of its own, or is not closed.
pub(crate) const BLOCK_FORM: &str = "D0105";
/// A line inside a block is not one of its members.
pub(crate) const BAD_LINE: &str = "D0106";
/// A field has no type, or is written the way of an old version.
pub(crate) const FIELD_FORM: &str = "D0107";
/// An attribute, its arguments or a value are not well formed.
pub(crate) const BAD_VALUE: &str = "D0108";
/// An attribute or an array goes on over a line's end.
pub(crate) const MULTI_LINE: &str = "D0109";
/// Values are nested deeper than is read.
pub(crate) const TOO_DEEP: &str = "D0110";
/// A name breaks the rules for identifiers.
pub(crate) const BAD_NAME: &str = "D0111";
/// A hint is malformed, or stands where nothing can be renamed or replaced.
pub(crate) const BAD_HINT: &str = "D0112";
/// A block kind that relational databases do not have.
pub(crate) const NOT_RELATIONAL: &str = "D0113";

/// A view without its preview feature, or with what a view cannot have.
pub(crate) const VIEW: &str = "D0114";
/// Syntax or meaning of another edition than the chosen one.
pub(crate) const EDITION: &str = "D0115";

/// More than one datasource.
pub(crate) const TWO_DATASOURCES: &str = "D0120";
/// The provider is missing, unknown, or not a plain string.
pub(crate) const BAD_PROVIDER: &str = "D0121";
/// A setting of a datasource or generator is unknown, missing or of the wrong kind.
pub(crate) const BAD_SETTING: &str = "D0122";
/// A connection url belongs to another database than the provider.
pub(crate) const URL_MISMATCH: &str = "D0123";

/// Two blocks have the same name.
pub(crate) const DUPLICATE_BLOCK: &str = "D0130";
/// Two fields of a model, two values of an enum or two settings have the same name.
pub(crate) const DUPLICATE_MEMBER: &str = "D0131";
/// A name is reserved.
pub(crate) const RESERVED_NAME: &str = "D0132";
/// Two models stand for one table, or two enums for one type.
pub(crate) const DUPLICATE_TABLE: &str = "D0133";
/// Two fields stand for one column, or two values for one stored value.
pub(crate) const DUPLICATE_COLUMN: &str = "D0134";
/// A field's type is neither a scalar nor a model nor an enum.
pub(crate) const UNKNOWN_TYPE: &str = "D0135";
/// The database has no lists of this type.
pub(crate) const LIST_UNSUPPORTED: &str = "D0136";
/// An enum has no value.
pub(crate) const EMPTY_ENUM: &str = "D0137";
/// A model has no unique criterion of required fields.
pub(crate) const NO_UNIQUE_CRITERION: &str = "D0138";
/// `@@schema` is missing, unknown or not possible.
pub(crate) const BAD_NAMESPACE: &str = "D0139";

/// An attribute is unknown.
pub(crate) const UNKNOWN_ATTRIBUTE: &str = "D0150";
/// An attribute stands twice.
pub(crate) const DUPLICATE_ATTRIBUTE: &str = "D0151";
/// An attribute stands where it has no meaning.
pub(crate) const MISPLACED_ATTRIBUTE: &str = "D0152";
/// An argument is unknown.
pub(crate) const UNKNOWN_ARGUMENT: &str = "D0153";
/// An argument is given twice.
pub(crate) const DUPLICATE_ARGUMENT: &str = "D0154";
/// An argument that must be given is not.
pub(crate) const MISSING_ARGUMENT: &str = "D0155";
/// An argument has a value of the wrong kind.
pub(crate) const BAD_ARGUMENT: &str = "D0156";
/// An argument that the database cannot honour.
pub(crate) const UNSUPPORTED_ARGUMENT: &str = "D0157";

/// A default value does not fit the type of its field.
pub(crate) const DEFAULT_TYPE: &str = "D0170";
/// A function that gives no default.
pub(crate) const DEFAULT_FUNCTION: &str = "D0171";
/// A default on a list, or a list as a default, that is not possible.
pub(crate) const DEFAULT_LIST: &str = "D0172";
/// A default names a value that its enum does not have.
pub(crate) const DEFAULT_ENUM: &str = "D0173";
/// `autoincrement()` where the database cannot number rows.
pub(crate) const DEFAULT_AUTOINCREMENT: &str = "D0174";
/// `@updatedAt` on something else than a date and time.
pub(crate) const UPDATED_AT: &str = "D0175";

/// The prefix of a native type is not the datasource's name.
pub(crate) const NATIVE_PREFIX: &str = "D0190";
/// The database has no such native type.
pub(crate) const NATIVE_UNKNOWN: &str = "D0191";
/// A native type does not fit the scalar of its field.
pub(crate) const NATIVE_SCALAR: &str = "D0192";
/// A native type has wrong arguments.
pub(crate) const NATIVE_ARGUMENTS: &str = "D0193";

/// A key or index names a field that the model does not have.
pub(crate) const INDEX_UNKNOWN_FIELD: &str = "D0210";
/// A key or index names a relation field.
pub(crate) const INDEX_RELATION_FIELD: &str = "D0211";
/// A key or index names a field twice, or none.
pub(crate) const INDEX_FIELDS: &str = "D0212";
/// A key has an optional or list field.
pub(crate) const KEY_FIELD: &str = "D0213";
/// A model has more than one primary key.
pub(crate) const TWO_KEYS: &str = "D0214";
/// The database has no index of this kind or type.
pub(crate) const INDEX_KIND: &str = "D0215";
/// An operator class does not exist or does not fit.
pub(crate) const INDEX_OPERATORS: &str = "D0216";
/// A column type that cannot be indexed without a length.
pub(crate) const INDEX_LENGTH: &str = "D0217";
/// A condition of a partial index compares a field with what it can never be equal to.
pub(crate) const INDEX_PREDICATE: &str = "D0218";

/// A relation field has no opposite field.
pub(crate) const RELATION_NO_OPPOSITE: &str = "D0230";
/// It is not clear which relation fields belong together.
pub(crate) const RELATION_AMBIGUOUS: &str = "D0231";
/// `fields` and `references` do not stand on exactly one side.
pub(crate) const RELATION_SIDES: &str = "D0232";
/// `fields` or `references` name something that is no column field.
pub(crate) const RELATION_FIELDS: &str = "D0233";
/// `fields` and `references` do not match in number or type.
pub(crate) const RELATION_MISMATCH: &str = "D0234";
/// `references` is no unique criterion.
pub(crate) const RELATION_NOT_UNIQUE: &str = "D0235";
/// The fields of a one-to-one relation are not unique.
pub(crate) const RELATION_ONE_TO_ONE: &str = "D0236";
/// Required and optional do not agree.
pub(crate) const RELATION_ARITY: &str = "D0237";
/// A many-to-many relation that cannot have a link table.
pub(crate) const RELATION_MANY: &str = "D0238";
/// A referential action is unknown or not possible.
pub(crate) const RELATION_ACTION: &str = "D0239";
/// A field that leads to an ignored model is not ignored, or is ignored twice.
pub(crate) const IGNORED: &str = "D0242";
/// `SetNull` on a required field.
pub(crate) const RELATION_SET_NULL: &str = "D0240";
/// Foreign keys are off, and the fields have no index.
pub(crate) const RELATION_NO_INDEX: &str = "D0241";

/// A constraint name is longer than the database allows.
pub(crate) const NAME_TOO_LONG: &str = "D0250";
/// Two constraints, or two names for client code, are the same.
pub(crate) const NAME_CLASH: &str = "D0251";
