fn main() {
    let lib = std::env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys is a direct dependency");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    // With a LibTorch that has CUDA: nothing calls into that part by name, so that the linker would leave it out.
    if std::path::Path::new(&lib).join("libtorch_cuda.so").exists() {
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed,{lib}/libtorch_cuda.so,--as-needed");
    }
}
