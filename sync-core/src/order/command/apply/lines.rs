//! Commands on material and service lines. Fields are written one by one, so that two people can edit one line.

use std::collections::BTreeMap;

use super::super::writes::{json, new_entry, put, put_json};
use super::super::{CommandContext, LineEdit, NewLine, Refused, check};
use crate::document::{Path, Scalar, Write};
use crate::ids::EntryId;
use crate::order::Order;
use crate::order::entry::{Line, Removal};

fn lines<'a>(area: &str, order: &'a Order) -> &'a BTreeMap<EntryId, Line> {
    if area == "services" { &order.services } else { &order.materials }
}

fn path(area: &str, id: EntryId, field: &str) -> Path {
    Path::new([area, &id.to_string(), field])
}

pub fn add(
    area: &str,
    new: &NewLine,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    check::text("description", &new.description)?;
    check::quantity(&new.quantity)?;
    check::amount("price_minor", new.price_minor)?;
    check::optional_text("unit", new.unit.as_deref())?;
    if lines(area, order).contains_key(&new.line) {
        return Ok(Vec::new());
    }
    let line = Line {
        item: new.item,
        description: new.description.clone(),
        quantity: new.quantity.clone(),
        unit: new.unit.clone(),
        price_minor: new.price_minor,
        source: new.source,
        is_additional: new.is_additional,
        by: context.user,
        at: context.at,
        removed: None,
    };
    Ok(new_entry(area, &new.line.to_string(), &line))
}

pub fn change(area: &str, edit: &LineEdit, order: &Order) -> Result<Vec<Write>, Refused> {
    lines(area, order).get(&edit.line).ok_or(Refused::NoSuchEntry)?;
    let mut writes = Vec::new();
    if let Some(description) = &edit.description {
        check::text("description", description)?;
        writes.push(put(path(area, edit.line, "description"), description.as_str()));
    }
    if let Some(quantity) = &edit.quantity {
        check::quantity(quantity)?;
        writes.push(put(path(area, edit.line, "quantity"), quantity.as_str()));
    }
    if let Some(price_minor) = edit.price_minor {
        check::amount("price_minor", Some(price_minor))?;
        writes.push(Write::Put(path(area, edit.line, "price_minor"), Scalar::Int(price_minor)));
    }
    if let Some(source) = edit.source {
        let word = json(&source);
        writes.push(put(path(area, edit.line, "source"), word.trim_matches('"')));
    }
    Ok(writes)
}

pub fn remove(
    area: &str,
    id: EntryId,
    order: &Order,
    context: &CommandContext<'_>,
    reason: Option<&str>,
) -> Result<Vec<Write>, Refused> {
    let line = lines(area, order).get(&id).ok_or(Refused::NoSuchEntry)?;
    if !line.is_active() {
        return Ok(Vec::new());
    }
    let removal = Removal {
        by: context.user,
        at: context.at,
        reason: reason.map(str::to_owned),
        seen_quantity: Some(line.quantity.clone()),
        seen_price_minor: line.price_minor,
    };
    Ok(vec![put_json(path(area, id, "removed"), Some(&removal))])
}

pub fn restore(area: &str, id: EntryId, order: &Order) -> Result<Vec<Write>, Refused> {
    let line = lines(area, order).get(&id).ok_or(Refused::NoSuchEntry)?;
    if line.is_active() {
        Ok(Vec::new())
    } else {
        Ok(vec![put_json::<Removal>(path(area, id, "removed"), None)])
    }
}
