//! The command line of `sluice`.

#[cfg(test)]
mod tests;

use crate::explain::options::Explain;
use crate::filter::Filter;
use crate::render::Render;
use crate::schema::Schema;
use crate::validate::Check;
use clap::{Args, Parser, Subcommand, ValueHint};
use std::path::PathBuf;

/// Tools for the policies of Sluice's filters.
#[derive(Clone, Debug, Parser)]
#[command(name = "sluice", version, about, max_term_width = 120, arg_required_else_help = true)]
#[command(disable_help_subcommand = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the user asks for.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    #[expect(missing_docs, reason = "it would become the help")]
    Validate(Validate),
    #[expect(missing_docs, reason = "it would become the help")]
    Explain(Box<Explain>),
    #[expect(missing_docs, reason = "it would become the help")]
    Render(Box<Render>),
    #[expect(missing_docs, reason = "it would become the help")]
    Schema(Schema),
    #[expect(missing_docs, reason = "it would become the help")]
    Completions(Completions),
}

/// Check policies, whole configurations of Envoy and manifests, and say everything that is wrong with them
///
/// A FILE is YAML, or JSON if its name ends in .json; `-` is the standard input. It holds a policy and nothing else, or it
/// is a configuration of Envoy (a bootstrap, a file of resources), or manifests for Istio (WasmPlugin, TrafficExtension,
/// EnvoyFilter) or Envoy Gateway (EnvoyExtensionPolicy), or several of these. Other kinds of manifests are passed over.
///
/// Policies are compiled as the filter itself does when Envoy hands them over. For each file prints `FILE: ok (..)`, or a
/// line for each problem, `FILE:LINE: PATH: MESSAGE`, and each warning, `FILE:LINE: warning[CODE]: PATH: MESSAGE`. What is
/// missing has the line of the innermost part that is there; a policy that stands in quotes, as JSON, has one line. With
/// --json the same as {"files": [{"file", "ok", "policies", "findings": [{"severity", "code", "line", "path", "message"}]}]}.
///
/// Exit status: 0 if all is well, 1 if there is a problem, 2 if the command line is wrong. Warnings change nothing about
/// that, unless --deny-warnings is given: then they count as problems.
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct Validate {
    /// Take all files for policies of this filter, and for nothing else
    #[arg(long, value_name = "FILTER")]
    filter: Option<Filter>,

    /// Fail on warnings, too
    #[arg(long)]
    deny_warnings: bool,

    /// As one JSON document, for programs
    #[arg(long)]
    json: bool,

    /// What to check
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
}

/// Print completions for a shell
///
/// For bash: source <(sluice completions bash)
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

impl From<Validate> for Check {
    fn from(given: Validate) -> Self {
        let Validate { filter, deny_warnings, json, files } = given;
        Self { filter, deny_warnings, json, files }
    }
}
