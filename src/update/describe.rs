//! Values in error messages: their type and themselves, not too long.

use crate::bson::RawValue;
use crate::query::explain::shell_text;

/// `a string ("red")`
pub(super) fn describe(value: RawValue<'_>) -> String {
    let name = value.type_name();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name} ({})", abbreviated(value))
}

/// The value as the shell shows it, cut if it is long.
pub(super) fn abbreviated(value: RawValue<'_>) -> String {
    const MOST_CHARS: usize = 100;
    let text = shell_text(value);
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
