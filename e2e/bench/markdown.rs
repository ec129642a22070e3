//! Tables for readers of Markdown.

/// A table whose first columns are texts and whose last `numbers` ones stand to the right.
pub(crate) fn table(head: &[&str], numbers: usize, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let texts = head.len().saturating_sub(numbers);
    let rule: String = (0..head.len()).map(|column| if column < texts { "---|" } else { "---:|" }).collect();
    let mut text = format!("| {} |\n|{rule}\n", head.join(" | "));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right() {
        let rows = [vec!["a|b".to_owned(), "1".to_owned()]];
        assert_eq!(table(&["case", "us"], 1, rows), "| case | us |\n|---|---:|\n| a\\|b | 1 |\n");
    }
}
