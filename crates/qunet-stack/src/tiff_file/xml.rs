//! As much of XML as OME needs: elements, their attributes and texts. What is not understood for
//! certain is no document here, so that nothing is half read.

/// Deeper than any description, and little to keep.
const DEEPEST: usize = 64;

/// Name and value, as they are written.
pub(super) type Attributes<'a> = Vec<(&'a str, &'a str)>;

/// An element at its beginning.
#[derive(Debug)]
pub(super) struct Element<'a, 'b> {
    /// The names from the root to this element, without prefixes.
    pub(super) path: &'b [&'a str],
    pub(super) attributes: Attributes<'a>,
    /// The text up to the next tag.
    pub(super) text: &'a str,
}

impl<'a> Element<'a, '_> {
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }
}

/// Shows every element in order; `None` where the document is not well-formed, holds what is not
/// understood here, or `begin` gives `None`.
pub(super) fn visit<'a>(
    document: &'a str,
    mut begin: impl FnMut(&Element<'a, '_>) -> Option<()>,
) -> Option<()> {
    let mut path = Vec::new();
    let mut rest = document;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if let Some(end) = end_of_no_element(rest) {
            rest = after(rest, end)?;
            continue;
        }
        let length = tag_length(rest)?;
        let tag = &rest[1..length - 1];
        rest = &rest[length..];
        if let Some(name) = tag.strip_prefix('/') {
            (path.pop()? == local(name.trim_end())).then_some(())?;
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        path.push(local(name));
        (path.len() <= DEEPEST && !name.is_empty()).then_some(())?;
        let attributes = self::attributes(attributes)?;
        let text = rest.split('<').next().unwrap_or_default();
        begin(&Element { path: &path, attributes, text })?;
        if empty {
            path.pop();
        }
    }
    path.is_empty().then_some(())
}

/// How that ends which begins here, if it is a comment or the like. A document type is not among
/// them: it may give names to texts.
fn end_of_no_element(rest: &str) -> Option<&'static str> {
    let kinds = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
    kinds.into_iter().find(|(start, _)| rest.starts_with(start)).map(|(_, end)| end)
}

fn after<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    text.find(end).map(|at| &text[at + end.len()..])
}

/// The length of a tag with its brackets, of which a value in quotes may hold one.
fn tag_length(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b'>', None) => return Some(at + 1),
            (b'<' | b'!', None) => return None,
            _ => {}
        }
    }
    None
}

fn attributes(mut rest: &str) -> Option<Attributes<'_>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(found);
        }
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = value[1..].split_once(quote)?;
        found.push((name.trim_end(), value));
        rest = behind;
    }
}

/// A name without the prefix of its namespace.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        visit(document, |element| {
            let Element { path, attributes, text } = element;
            found.push(format!("{} {attributes:?} {text}", path.join("/")));
            Some(())
        })?;
        Some(found)
    }

    #[test]
    fn elements_are_found_with_prefixes_and_either_quote() {
        let document = "<?xml version='1.0'?><!-- <no> --><o:a xmlns:o=\"x\">\n\
                        <o:b one = 'a > \"b\"' two=\"it's\"/><![CDATA[<c>]]><d>text</d ></o:a>\n";
        let expected = [
            r#"a [("xmlns:o", "x")] "#.to_owned() + "\n",
            r#"a/b [("one", "a > \"b\""), ("two", "it's")] "#.to_owned(),
            "a/d [] text".to_owned(),
        ];
        assert_eq!(read(document).unwrap(), expected);
    }

    #[test]
    fn what_is_not_well_formed_is_no_document() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        for document in [
            "<a>",
            "<a></b>",
            "</a>",
            "<a",
            "<a b></a>",
            "<a b=1></a>",
            "<a b=\"1></a>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
            "<a><!-- </a>",
            "<a <b/></a>",
            "< />",
            &deep,
        ] {
            assert_eq!(read(document), None, "{document}");
        }
    }
}
