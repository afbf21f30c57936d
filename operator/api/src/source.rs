//! Where the datamodel comes from: [`DatamodelSource`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The language of a datamodel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// Prisma schema language.
    #[serde(rename = "psl")]
    Psl,
    /// Prisma 1, datamodel v1.1.
    #[serde(rename = "sdl-v1.1")]
    SdlV11,
    /// Prisma 1, datamodel v1.
    #[serde(rename = "sdl-v1")]
    SdlV1,
}

impl From<Language> for datamodel::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Psl => Self::Psl,
            Language::SdlV11 => Self::SdlV11,
            Language::SdlV1 => Self::SdlV1,
        }
    }
}

/// Which years' conventions a PSL datamodel follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Edition {
    /// 2.0 to 2.6.
    #[serde(rename = "lift")]
    Lift,
    /// 2.7 to 2.30.
    #[serde(rename = "2")]
    Two,
    /// 3.0 to 5.x.
    #[serde(rename = "3")]
    Three,
    /// 6.x and 7.x.
    #[serde(rename = "6")]
    Six,
}

impl From<Edition> for datamodel::Edition {
    fn from(edition: Edition) -> Self {
        match edition {
            Edition::Lift => Self::Lift,
            Edition::Two => Self::Two,
            Edition::Three => Self::Three,
            Edition::Six => Self::Six,
        }
    }
}

/// The datamodel: exactly one of inline and configMapRef.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatamodelSource {
    /// Language of the text: psl, sdl-v1.1 or sdl-v1; default: recognised from the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// PSL only: the Prisma version whose names, default actions and types apply: lift, 2, 3 or 6 (default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
    /// The text itself, up to 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 262_144))]
    pub inline: Option<String>,
    /// A key of a ConfigMap in this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<ConfigMapKey>,
}

/// One key of a ConfigMap in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapKey {
    /// Name of the ConfigMap.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key in the ConfigMap; default: its only key, or all keys that end in `.prisma` as one datamodel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub key: Option<String>,
    /// SHA-256 of the text in hex. Ready then waits for exactly this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(equal = 64), regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: Option<String>,
}
