//! The configuration language: every word is one row in one small file, with its name, its page of the manual, how it is
//! read, and its tests. Lists are written by hand and sorted: they are the table of contents.

/// The list of a folder: one module a line, each with a `ROW`; behind `families:` those that hold several `ROWS` of one
/// kind. Makes `TABLES` (every row) and `FILES` (the modules, for the test that no file is forgotten).
macro_rules! rows {
    ($row:ty: $($module:ident),* $(,)?; families: $($family:ident),* $(,)?) => {
        $(pub mod $module;)*
        $(pub mod $family;)*
        /// Every row, by file.
        pub const TABLES: &[&[$row]] = &[$(std::slice::from_ref(&$module::ROW),)* $($family::ROWS),*];
        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($module)),*];
        #[cfg(test)]
        const FAMILIES: &[&str] = &[$(stringify!($family)),*];
        /// Finds a row by its word.
        pub fn find(name: &str) -> Option<&'static $row> {
            all().find(|row| row.name == name)
        }

        /// All rows in the order of the list.
        pub fn all() -> impl Iterator<Item = &'static $row> {
            TABLES.iter().copied().flatten()
        }

        #[cfg(test)]
        #[test]
        fn the_list_is_whole() {
            $crate::vocab::row::check_list(file!(), FILES, FAMILIES, TABLES.iter().map(|t| t[0].name));
        }
    };
}

pub mod acl_words;
pub mod action;
pub mod address;
pub mod balance;
pub mod bind;
pub mod check;
pub mod command;
pub mod convert;
pub mod directive;
pub mod dynamic_server;
pub mod expr;
pub mod fetch;
pub mod guid;
pub mod known;
pub mod known_rules;
pub mod logformat;
pub mod matching;
pub mod opening;
pub mod option;
pub mod resolvers;
pub mod ring;
pub mod row;
pub mod rule_line;
pub mod section;
pub mod server;
pub mod stats_page;
pub mod tls_words;

#[cfg(test)]
mod tests {
    /// Every file of a folder of the rule language stands in its list, and the list is sorted.
    #[test]
    fn no_row_is_forgotten() {
        for folder in ["action", "convert", "fetch", "matching"] {
            let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/vocab").join(folder);
            let text = std::fs::read_to_string(dir.join("mod.rs")).expect("read the list");
            let list = text.split("\nrows! {").nth(1).and_then(|t| t.split('}').next()).expect("a list");
            let listed: Vec<&str> = list.split_whitespace().collect();
            assert!(listed.is_sorted(), "{folder}: sort the list: {listed:?}");
            let mut files: Vec<String> = std::fs::read_dir(&dir)
                .expect("read the folder")
                .map(|e| e.expect("entry").file_name().to_string_lossy().replace(".rs", ""))
                .filter(|f| f != "mod" && !text.contains(&format!("\nmod {f};")))
                .collect();
            files.sort();
            assert_eq!(files, listed, "{folder}: files and list");
        }
    }
}
