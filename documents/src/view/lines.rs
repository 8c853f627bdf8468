//! Materials, services, expenses and what they come to. Never tells a missing price as zero.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::data::{Expense, Line, ServiceOrderDocument, Source};
use crate::teller::{Teller, some_text, text};
use crate::words;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineView {
    pub description: String,
    pub quantity: String,
    pub unit: Option<String>,
    /// "to be confirmed" when there is none yet.
    pub price: String,
    pub amount: String,
    pub is_priced: bool,
    pub is_additional: bool,
    /// Only for the company.
    pub source: Option<String>,
    /// Only for the company.
    pub by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Absent when there are no priced lines.
    pub materials: Option<String>,
    pub services: Option<String>,
    pub total: Option<String>,
    /// "without 2 lines that have no price yet".
    pub unpriced: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpenseView {
    pub kind: String,
    pub description: Option<String>,
    pub amount: String,
    pub by: String,
}

impl LineView {
    pub fn of(line: &Line, is_company: bool, teller: &Teller) -> Self {
        let source = line.source.filter(|_| is_company).map(|source| match source {
            Source::Van => "source-van",
            Source::Warehouse => "source-warehouse",
            Source::Bought => "source-bought",
        });
        let told = |amount_minor: Option<i64>| {
            let unknown = || teller.say("to-be-confirmed", &[]);
            amount_minor.map_or_else(unknown, |amount_minor| teller.amount(amount_minor))
        };
        Self {
            description: text(&line.description),
            quantity: teller.number(&line.quantity),
            unit: some_text(&line.unit),
            price: told(line.price_minor),
            amount: told(line.total_minor),
            is_priced: line.total_minor.is_some(),
            is_additional: line.is_additional,
            source: source.map(|key| teller.say(key, &[])),
            by: some_text(&line.by).filter(|_| is_company),
        }
    }
}

impl Totals {
    pub fn of(document: &ServiceOrderDocument, teller: &Teller) -> Self {
        let (materials, services) = (sum(&document.materials), sum(&document.services));
        let total = match (materials, services) {
            (Some(materials), Some(services)) => materials.checked_add(services),
            (one, other) => one.or(other),
        };
        let all = document.materials.iter().chain(&document.services);
        let unpriced = all.filter(|line| line.total_minor.is_none()).count();
        let told = |amount_minor: Option<i64>| amount_minor.map(|amount_minor| teller.amount(amount_minor));
        Self {
            materials: told(materials),
            services: told(services),
            total: told(total),
            unpriced: (unpriced > 0)
                .then(|| teller.say("total-without-unpriced", &[("count", unpriced.into())])),
        }
    }
}

/// The sum of the priced lines; nothing when there are none or it is out of range.
fn sum(lines: &[Line]) -> Option<i64> {
    let mut amounts = lines.iter().filter_map(|line| line.total_minor).peekable();
    amounts.peek()?;
    amounts.try_fold(0_i64, i64::checked_add)
}

impl ExpenseView {
    pub fn of(expense: &Expense, teller: &Teller) -> Self {
        let kind = words::find(teller.language, &format!("expense-{}", expense.kind));
        Self {
            kind: kind.unwrap_or_else(|| text(&expense.kind)),
            description: some_text(&expense.description),
            amount: teller.amount_in(expense.amount_minor, &expense.currency),
            by: text(&expense.by),
        }
    }
}

/// What the expenses come to, one amount for each currency.
pub fn expenses_totals<'a>(expenses: impl Iterator<Item = &'a Expense>, teller: &Teller) -> Vec<String> {
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for expense in expenses {
        let total = totals.entry(&expense.currency).or_default();
        *total = total.saturating_add(expense.amount_minor);
    }
    totals.into_iter().map(|(currency, amount_minor)| teller.amount_in(amount_minor, currency)).collect()
}
