//! Lets this package's own tests, examples and binaries find LibTorch at run time.

use std::path::Path;

fn main() {
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
        // Nothing calls into the CUDA part by name, so that the linker would leave it out.
        if Path::new(&lib).join("libtorch_cuda.so").exists() {
            println!("cargo::rustc-link-arg=-Wl,--no-as-needed,{lib}/libtorch_cuda.so,--as-needed");
        }
    }
}
