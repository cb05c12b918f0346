//! Every body over its corpus, on the stable toolchain: what was found once never comes back.

use std::fs;
use std::path::Path;

#[test]
fn the_corpus_breaks_nothing() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, body) in streamer_hostile::BODIES {
        body(b"");
        let mut count = 0;
        for entry in fs::read_dir(corpus.join(name)).expect("a folder of the corpus") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display());
            body(&fs::read(&path).expect("its bytes"));
            count += 1;
        }
        assert!(count > 3, "the corpus of {name} is nearly empty");
    }
}
