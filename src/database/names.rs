//! Which names a collection may have
//! ([manual: Naming Restrictions](https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions)).

use crate::error::{Code, Error, Result};

/// Bytes of a collection's name at most.
const MAX_NAME: usize = 255;

/// Refuses names that MongoDB refuses.
pub fn check_collection(name: &str) -> Result<()> {
    let problem = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME {
        "it is longer than 255 bytes"
    } else if name.contains('\0') {
        "it contains a NUL"
    } else if name.contains('$') {
        "it contains '$'"
    } else if name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        "it starts or ends with '.' or contains '..'"
    } else if name.starts_with("system.") {
        "names that start with \"system.\" are reserved"
    } else {
        return Ok(());
    };
    let message = format!("Invalid collection name {name:?}: {problem}");
    Err(Error::query(Code::INVALID_NAMESPACE, message).with_detail("collection", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mongodb_refuses_are_refused() {
        for name in [
            "",
            "a$b",
            "a\0",
            ".a",
            "a.",
            "a..b",
            "system.users",
            &"x".repeat(256),
        ] {
            let error = check_collection(name).unwrap_err();
            assert_eq!(error.code(), Code::INVALID_NAMESPACE, "{name:?}");
        }
        for name in ["users", "a.b", "größe", "A B", "-", &"x".repeat(255)] {
            check_collection(name).unwrap();
        }
    }
}
