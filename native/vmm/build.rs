fn main() {
    napi_build::setup();
    // The thread that watches processes outlives a worker thread that loaded this module, so the module must stay mapped.
    println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
}
