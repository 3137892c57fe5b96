//! Takes what the pages are dressed in out of `node_modules`, leaves away what no page uses, and writes the table that
//! `src/assets.rs` embeds: every file packed, under a name that changes with its content.
//!
//! It never reaches for the network: `npm ci --ignore-scripts` in `crates/web` (`make assets`) comes before.

mod icons;
mod style_sheet;
mod words;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::words::Words;

/// The package of the U.S. Web Design System.
const USWDS: &str = "node_modules/@uswds/uswds";

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write"));
    for watched in ["assets", "build", "src", "templates", "package-lock.json", USWDS] {
        println!("cargo::rerun-if-changed={}", here.join(watched).display());
    }
    let uswds = here.join(USWDS);
    if !uswds.join("dist/css/uswds.min.css").is_file() {
        println!(
            "cargo::error=The pages' style sheet, fonts and icons are not there. Run `make assets` (or `npm ci \
             --ignore-scripts` in {}), then build again. Node.js 20 or later is needed for it.",
            here.display()
        );
        return;
    }
    let words = Words::of_folders(&[here.join("templates"), here.join("src"), here.join("assets")]);
    let mut assets = Assets { out, rows: String::new() };
    assets.add_style_sheet(&uswds, &words);
    assets.add("icons.svg", &icons::used(&read(&uswds.join("dist/img/sprite.svg")), &words).into_bytes());
    assets.add("licenses.txt", &fs::read(uswds.join("LICENSE.md")).expect("the package has its license"));
    for own in ["bluebonnet.css", "bluebonnet.js", "passkeys.js", "favicon.svg"] {
        assets.add(own, &fs::read(here.join("assets").join(own)).expect("the crate has its own assets"));
    }
    assets.finish();
}

/// The files that go into the program.
struct Assets {
    out: PathBuf,
    rows: String,
}

impl Assets {
    /// The design system's style sheet, and the fonts and pictures that the rest of it names.
    fn add_style_sheet(&mut self, uswds: &Path, words: &Words) {
        let css = style_sheet::used(&read(&uswds.join("dist/css/uswds.min.css")), words);
        let css = style_sheet::with_urls(&css, |relative| {
            let path = uswds.join("dist/css").join(relative);
            let content = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            self.add(&name, &content)
        });
        self.add("uswds.css", css.as_bytes());
    }

    /// Embeds one file and gives the name under which it is served.
    fn add(&mut self, name: &str, content: &[u8]) -> String {
        let digest = Sha256::digest(content);
        let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let (stem, extension) = name.rsplit_once('.').expect("an asset has an extension");
        let served = format!("{stem}-{hash}.{extension}");
        if self.rows.contains(&served) {
            return served;
        }
        // Fonts are packed already.
        let is_packed = extension != "woff2";
        let embedded = if is_packed { gzipped(content) } else { content.to_vec() };
        fs::write(self.out.join(&served), embedded).expect("the output folder can be written");
        writeln!(
            self.rows,
            "    Asset {{ name: {name:?}, served: {served:?}, is_packed: {is_packed}, \
             content: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{served}\")) }},"
        )
        .expect("a string takes everything");
        served
    }

    fn finish(self) {
        let table = format!("static ASSETS: &[Asset] = &[\n{}];\n", self.rows);
        fs::write(self.out.join("assets.rs"), table).expect("the output folder can be written");
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}
