//! Every configuration in `configs/` is valid with the inputs of the program as it is.

use std::path::Path;

use streamer_tests::program::Home;

#[test]
fn every_example_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).expect("configs/ is there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let home = Home::new().env("IS_ACCESS_KEY", "ist_example");
            let path = path.to_str().expect("a plain name").to_owned();
            home.run(&["check", "--config", &path]).expect_code(0);
            checked += 1;
        }
    }
    assert!(checked >= 4, "{checked} configurations in {}", folder.display());
}
