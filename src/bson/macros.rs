//! `doc!`: documents as literals.

/// A [`Document`](crate::bson::Document) written as a literal:
/// `doc! { "a": 1, "b": { "c": [1, null] } }`.
///
/// Keys are string literals or names of string variables. Values are literals, nested documents
/// and arrays, or any expression that converts into a [`Value`](crate::bson::Value).
#[macro_export]
macro_rules! doc {
    (@fields $document:ident;) => {};
    (@fields $document:ident; $key:tt : null $(, $($rest:tt)*)?) => {
        $document.insert($key, $crate::bson::Value::Null);
        $crate::doc!(@fields $document; $($($rest)*)?);
    };
    (@fields $document:ident; $key:tt : { $($value:tt)* } $(, $($rest:tt)*)?) => {
        $document.insert($key, $crate::doc!($($value)*));
        $crate::doc!(@fields $document; $($($rest)*)?);
    };
    (@fields $document:ident; $key:tt : [ $($value:tt)* ] $(, $($rest:tt)*)?) => {
        $document.insert($key, $crate::doc!(@array $($value)*));
        $crate::doc!(@fields $document; $($($rest)*)?);
    };
    (@fields $document:ident; $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $document.insert($key, $value);
        $crate::doc!(@fields $document; $($($rest)*)?);
    };
    (@array $($values:tt)*) => {{
        #[allow(unused_mut, clippy::vec_init_then_push)]
        let values = {
            let mut values: Vec<$crate::bson::Value> = Vec::new();
            $crate::doc!(@values values; $($values)*);
            values
        };
        values
    }};
    (@values $values:ident;) => {};
    (@values $values:ident; null $(, $($rest:tt)*)?) => {
        $values.push($crate::bson::Value::Null);
        $crate::doc!(@values $values; $($($rest)*)?);
    };
    (@values $values:ident; { $($value:tt)* } $(, $($rest:tt)*)?) => {
        $values.push($crate::doc!($($value)*).into());
        $crate::doc!(@values $values; $($($rest)*)?);
    };
    (@values $values:ident; [ $($value:tt)* ] $(, $($rest:tt)*)?) => {
        $values.push($crate::doc!(@array $($value)*).into());
        $crate::doc!(@values $values; $($($rest)*)?);
    };
    (@values $values:ident; $value:expr $(, $($rest:tt)*)?) => {
        $values.push($value.into());
        $crate::doc!(@values $values; $($($rest)*)?);
    };
    ($($fields:tt)*) => {{
        #[allow(unused_mut)]
        let mut document = $crate::bson::Document::new();
        $crate::doc!(@fields document; $($fields)*);
        document
    }};
}
