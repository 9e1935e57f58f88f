//! Link arguments of the shared library alone: the name that programs record when they link it,
//! and that it is never unloaded. Its threads and thread-locals run code of the library, so a
//! `dlclose` that unmapped it would end the program.

/// The number behind `libironbase.so.`: the ABI's version (`IRONBASE_ABI_VERSION`).
const ABI_VERSION: u32 = 0;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target_os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let arguments = match target_os.as_str() {
        "macos" | "ios" => {
            vec![format!(
                "-Wl,-install_name,@rpath/libironbase.{ABI_VERSION}.dylib"
            )]
        }
        "windows" => Vec::new(),
        _ => vec![
            format!("-Wl,-soname,libironbase.so.{ABI_VERSION}"),
            "-Wl,-z,nodelete".to_string(),
        ],
    };
    for argument in arguments {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
}
