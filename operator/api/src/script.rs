//! The text of a plan inside an object: gzip and base64, so that a large plan still fits.

use std::io::{Read, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, GzBuilder, read::GzDecoder};

/// Most bytes of packed text; beyond that the plan is `PlanTooLarge`.
pub const MAX_PACKED: usize = 900 * 1024;

/// Most bytes of unpacked text: a packed bomb stops here.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;

/// Why a text could not be packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Larger than an object can hold.
    #[error("the plan has {0} bytes after compression; an object holds at most {MAX_PACKED}")]
    TooLarge(usize),
    /// Not base64 of gzip of UTF-8.
    #[error("the plan's text cannot be read: {0}")]
    Unreadable(String),
}

/// Packs a script. The same text gives the same bytes.
pub fn pack(script: &str) -> Result<String, ScriptError> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let packed = encoder
        .write_all(script.as_bytes())
        .and_then(|()| encoder.finish())
        .map_err(|error| ScriptError::Unreadable(error.to_string()))?;
    let text = STANDARD.encode(packed);
    if text.len() > MAX_PACKED {
        return Err(ScriptError::TooLarge(text.len()));
    }
    Ok(text)
}

/// The script that was packed.
pub fn unpack(packed: &str) -> Result<String, ScriptError> {
    let bytes = STANDARD.decode(packed).map_err(|error| ScriptError::Unreadable(error.to_string()))?;
    let mut text = String::new();
    let read = GzDecoder::new(bytes.as_slice())
        .take(MAX_UNPACKED + 1)
        .read_to_string(&mut text)
        .map_err(|error| ScriptError::Unreadable(error.to_string()))?;
    if read as u64 > MAX_UNPACKED {
        return Err(ScriptError::Unreadable(format!("it unpacks to more than {MAX_UNPACKED} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        let text = "create table \"Pöst\" ()".repeat(1000);
        let packed = pack(&text).unwrap();
        assert!(packed.len() < text.len());
        assert_eq!(packed, pack(&text).unwrap());
        assert_eq!(unpack(&packed).unwrap(), text);
    }

    #[test]
    fn a_bomb_and_rubbish_are_refused() {
        let bomb = "0".repeat(65 * 1024 * 1024);
        assert!(unpack(&pack(&bomb).unwrap()).is_err());
        assert!(unpack("!").is_err());
        assert!(unpack("aGVsbG8=").is_err());
    }
}
