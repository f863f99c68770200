//! `object!`: values written as JSON.

/// A [`Value`](crate::Value) written as JSON with Rust expressions in it. Field names are static and cost nothing.
///
/// ```
/// let name = "web";
/// let v = clusterlab_api::object! { "metadata": { "name": name }, "ports": [80, 443], "on": true };
/// assert_eq!(v.str_at(&["metadata", "name"]).unwrap(), "web");
/// ```
#[macro_export]
macro_rules! object {
    (null) => { $crate::Value::Null };
    ([]) => { $crate::Value::list() };
    ([ $($items:tt)+ ]) => { $crate::object!(@items [] $($items)+) };
    ({}) => { $crate::Value::map() };
    ({ $($fields:tt)* }) => { $crate::object!(@fields [] $($fields)*) };
    // Munch items one at a time, as fields below.
    (@items [$($done:expr,)*]) => { $crate::Value::from(vec![ $($done),* ]) };
    (@items [$($done:expr,)*] null $(, $($rest:tt)*)?) => {
        $crate::object!(@items [$($done,)* $crate::Value::Null,] $($($rest)*)?)
    };
    (@items [$($done:expr,)*] { $($map:tt)* } $(, $($rest:tt)*)?) => {
        $crate::object!(@items [$($done,)* $crate::object!({ $($map)* }),] $($($rest)*)?)
    };
    (@items [$($done:expr,)*] [ $($list:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::object!(@items [$($done,)* $crate::object!([ $($list)* ]),] $($($rest)*)?)
    };
    (@items [$($done:expr,)*] $value:expr $(, $($rest:tt)*)?) => {
        $crate::object!(@items [$($done,)* $crate::Value::from($value),] $($($rest)*)?)
    };
    // Munch `"key": value, ...` one field at a time: nested braces, brackets and null are values of their own.
    (@fields [$($done:expr,)*]) => {
        $crate::Value::Map([ $($done),* ].into_iter().collect::<$crate::Map>())
    };
    (@fields [$($done:expr,)*] $key:literal : null $(, $($rest:tt)*)?) => {
        $crate::object!(@fields [$($done,)* ($crate::literal!($key), $crate::Value::Null),] $($($rest)*)?)
    };
    (@fields [$($done:expr,)*] $key:literal : { $($map:tt)* } $(, $($rest:tt)*)?) => {
        $crate::object!(@fields [$($done,)* ($crate::literal!($key), $crate::object!({ $($map)* })),] $($($rest)*)?)
    };
    (@fields [$($done:expr,)*] $key:literal : [ $($list:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::object!(@fields [$($done,)* ($crate::literal!($key), $crate::object!([ $($list)* ])),] $($($rest)*)?)
    };
    (@fields [$($done:expr,)*] $key:literal : $value:expr $(, $($rest:tt)*)?) => {
        $crate::object!(@fields [$($done,)* ($crate::literal!($key), $crate::Value::from($value)),] $($($rest)*)?)
    };
    ($key:literal : $($rest:tt)*) => { $crate::object!({ $key : $($rest)* }) };
    ($value:expr) => { $crate::Value::from($value) };
}
