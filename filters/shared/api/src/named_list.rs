//! The lists of a policy: a name, a source, and the table that is in use.

#[cfg(test)]
mod tests;

use crate::config::Node;
use crate::list::{Limits, Loader, Step, Table, check_entry};
use crate::{Build, Built, Document, HttpSource, Name, Slot, Value};
use std::rc::Rc;

/// The most entries of a list that stands in the policy itself.
pub const MAX_INLINE_ENTRIES: usize = 100_000;

/// The most entries of a fetched list.
pub const MAX_FETCHED_ENTRIES: usize = 1_000_000;

/// A list that predicates name. Empty until it was fetched for the first time.
#[derive(Debug)]
pub struct NamedList {
    name: Name,
    source: Option<HttpSource>,
    table: Slot<Option<Table>>,
}

impl NamedList {
    /// Reads the mapping `lists:` of a policy.
    #[must_use]
    pub fn read_all(node: &Node<'_>) -> Option<Vec<Rc<Self>>> {
        node.map()?.each(|name, node| {
            let name = node.accept(Name::parse(name));
            let list = Self::read_source(&node);
            let (source, table) = list?;
            Some(Rc::new(Self { name: name?, source, table: Slot::new(table) }))
        })
    }

    fn read_source(node: &Node<'_>) -> Option<(Option<HttpSource>, Option<Table>)> {
        let mut map = node.map()?;
        let inline = map.field("inline");
        let http = map.field("http");
        map.finish();
        match (inline, http) {
            (Some(inline), None) => Some((None, Some(read_inline(&inline)?))),
            (None, Some(http)) => Some((Some(HttpSource::read(&http)?), None)),
            (Some(_), Some(_)) => node.refuse("has both inline and http"),
            (None, None) => node.refuse("needs inline or http"),
        }
    }

    /// Its name in the policy.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Where it is fetched from; `None` for an inline list.
    #[must_use]
    pub fn source(&self) -> Option<&HttpSource> {
        self.source.as_ref()
    }

    /// Whether it was never fetched yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.table.with(|table| table.is_none()).unwrap_or(true)
    }

    /// Whether `entry` is in the list. False while it is pending. No allocation, under 1 us.
    #[must_use]
    pub fn contains(&self, entry: &[u8]) -> bool {
        self.table.with(|table| table.as_ref().is_some_and(|table| table.contains(entry))).unwrap_or(false)
    }
}

/// A [`NamedList`] with an HTTP source.
#[derive(Debug)]
pub struct FetchedList {
    list: Rc<NamedList>,
    source: HttpSource,
}

impl FetchedList {
    /// What is to be fetched of these lists.
    #[must_use]
    pub fn documents(lists: &[Rc<NamedList>]) -> Vec<Rc<dyn Document>> {
        lists.iter().filter_map(Self::new).map(|list| Rc::new(list) as Rc<dyn Document>).collect()
    }

    /// `None` for an inline list.
    #[must_use]
    pub fn new(list: &Rc<NamedList>) -> Option<Self> {
        Some(Self { source: list.source()?.clone(), list: Rc::clone(list) })
    }
}

impl Document for FetchedList {
    fn name(&self) -> &Name {
        &self.list.name
    }

    fn kind(&self) -> &'static str {
        "list"
    }

    fn source(&self) -> &HttpSource {
        &self.source
    }

    fn build(&self, body: Vec<u8>, seed: u64) -> Box<dyn Build> {
        Box::new(ListBuild(Loader::new(body, Limits { max_entries: MAX_FETCHED_ENTRIES }, seed)))
    }

    fn install(&self, published: Vec<u8>) -> Result<u64, String> {
        let table = Table::from_bytes(published).map_err(|error| error.to_string())?;
        let entries = u64::try_from(table.len()).unwrap_or(u64::MAX);
        self.list.table.set(Some(table));
        Ok(entries)
    }
}

struct ListBuild(Loader);

impl Build for ListBuild {
    fn step(self: Box<Self>) -> Built {
        match self.0.step(ENTRIES_PER_STEP) {
            Step::More(loader) => Built::More(Box::new(Self(loader))),
            Step::Done(table) => Built::Done(table.into_bytes()),
            Step::Refused(error) => Built::Refused(error.to_string()),
        }
    }
}

fn read_inline(node: &Node<'_>) -> Option<Table> {
    // First of all: millions of entries need not be looked at to be too many.
    if let Value::List(items) = node.value()
        && items.len() > MAX_INLINE_ENTRIES
    {
        return node
            .refuse(format_args!("has {} entries, at most {MAX_INLINE_ENTRIES} are allowed", items.len()));
    }
    let entries = node.list(|item| {
        let text = item.text()?;
        item.accept(check_entry(text.as_bytes())).map(|()| text)
    })?;
    Some(Table::from_entries(entries, 0))
}

/// About a millisecond of work.
const ENTRIES_PER_STEP: usize = 10_000;
