//! A WebAssembly module, as Envoy sees it: what it asks of its host and what it offers.

use std::fmt;

use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

/// The parts of a module that gates and packages look at.
#[derive(Debug, Default)]
pub struct Module {
    /// In the order of the module.
    pub imports: Vec<Import>,
    /// In the order of the module.
    pub exports: Vec<Export>,
    /// Names of the custom sections: `name`, `producers`, debug information.
    pub custom_sections: Vec<String>,
}

/// One import; displayed as one line of `abi.txt`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// `env` for host calls of proxy-wasm, `wasi_snapshot_preview1` for those of WASI.
    pub module: String,
    /// The function.
    pub name: String,
    /// `(i32, i32) -> i32`.
    pub signature: String,
}

/// One export; displayed as one line of `abi.txt`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Export {
    /// The callback, or `memory`.
    pub name: String,
    /// `(i32, i32) -> i32`, or `memory`.
    pub signature: String,
}

impl Module {
    /// Reads a module.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut module = Self::default();
        let mut types: Vec<FuncType> = Vec::new();
        let mut functions: Vec<u32> = Vec::new(); // function index -> type index, imported ones first
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.expect("a valid section") {
                Payload::TypeSection(section) => {
                    types.extend(
                        section.into_iter_err_on_gc_types().map(|kind| kind.expect("a function type")),
                    );
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.expect("an import");
                        let signature = match import.ty {
                            TypeRef::Func(index) => {
                                functions.push(index);
                                signature(&types[index as usize])
                            }
                            other => format!("{other:?}"),
                        };
                        let (module_name, name) = (import.module.to_owned(), import.name.to_owned());
                        module.imports.push(Import { module: module_name, name, signature });
                    }
                }
                Payload::FunctionSection(section) => {
                    functions.extend(section.into_iter().map(|index| index.expect("a type index")));
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.expect("an export");
                        let signature = match export.kind {
                            ExternalKind::Func => {
                                signature(&types[functions[export.index as usize] as usize])
                            }
                            other => format!("{other:?}").to_lowercase(),
                        };
                        module.exports.push(Export { name: export.name.to_owned(), signature });
                    }
                }
                Payload::CustomSection(section) => module.custom_sections.push(section.name().to_owned()),
                _ => {}
            }
        }
        module
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "import {}.{} {}", self.module, self.name, self.signature)
    }
}

impl fmt::Display for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "export {} {}", self.name, self.signature)
    }
}

fn signature(function: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match function.results() {
        [] => format!("({})", list(function.params())),
        results => format!("({}) -> {}", list(function.params()), list(results)),
    }
}
