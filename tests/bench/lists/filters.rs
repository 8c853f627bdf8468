//! Every filter of the list, from none to rare ones, common ones, and such as never meet. Never a sort.

use harness::listed_orders::{self as made, Population};

const DAY_MS: i64 = 86_400_000;

/// A filter as query parameters.
pub struct Filter {
    pub name: &'static str,
    pub query: String,
}

pub fn filters(population: Population) -> Vec<Filter> {
    let now = population.now.0;
    let day = |days: i64| now + days * DAY_MS;
    let technician = |number| format!("technician={}", made::technician(number));
    let newest = technician(population.technicians - 1);
    let (common, usual, rare) = (made::word(0), made::word(12), made::word(2_400));
    let first_name = made::word(10_000);
    let filter = |name, query: String| Filter { name, query };
    vec![
        filter("none", String::new()),
        filter("q: most common word", format!("q={common}")),
        filter("q: usual word", format!("q={usual}")),
        filter("q: rare word", format!("q={rare}")),
        filter("q: one letter", "q=r".to_owned()),
        filter("q: two letters", "q=ma".to_owned()),
        filter("q: unknown word", "q=zzzzz".to_owned()),
        filter("q: word of the oldest", "q=antigamente".to_owned()),
        filter("q: two common words", format!("q={common}+{usual}")),
        filter("q: common and oldest", format!("q={common}+antigamente")),
        filter("q: number", "q=4711".to_owned()),
        filter("q: customer's name", format!("q={}", made::customer_name(7).replace(' ', "+"))),
        filter("q: common first name", format!("q={first_name}")),
        filter("q: telephone", format!("q={}", &made::phone(11)[3..])),
        filter("q: tax id", format!("q={}", made::tax_id(13))),
        filter("q: serial", format!("q={}", made::serial(17))),
        filter("state", "state=waiting".to_owned()),
        filter("category: new", "category=new".to_owned()),
        filter("category: closed", "category=closed".to_owned()),
        filter("open", "open=true".to_owned()),
        filter("not open", "open=false".to_owned()),
        filter("in the pool", "pool=true".to_owned()),
        filter("not in the pool", "pool=false".to_owned()),
        filter("technician", technician(3)),
        filter("technician: newest", newest.clone()),
        filter("customer: many orders", format!("customer={}", made::customer(0))),
        filter("customer: few orders", format!("customer={}", made::customer(population.customers - 3))),
        filter("site", format!("site={}", made::site(5))),
        filter("equipment", format!("equipment={}", made::equipment(19))),
        filter("kind: common", "kind=repair".to_owned()),
        filter("kind: rare", "kind=audit".to_owned()),
        filter("kind: unknown", "kind=unheard-of".to_owned()),
        filter("priority", "priority=urgent".to_owned()),
        filter("place", "place=remote".to_owned()),
        filter("currency", "currency=USD".to_owned()),
        filter("paid", "paid=true".to_owned()),
        filter("closed and unpaid", "category=closed&paid=false".to_owned()),
        filter("attention", "attention=true".to_owned()),
        filter("no attention", "attention=false".to_owned()),
        filter("unassigned", "unassigned=true".to_owned()),
        filter("unassigned and open", "unassigned=true&open=true".to_owned()),
        filter("late", "late=true".to_owned()),
        filter("not late", "late=false".to_owned()),
        filter("window: one day", format!("from={}&until={}", day(0), day(1))),
        filter("window: long ago", format!("from={}&until={}", day(-1_000), day(-999))),
        filter("promised: one day", format!("promised_from={}&promised_until={}", day(0), day(1))),
        filter("created: one month", format!("created_from={}&created_until={}", day(-700), day(-670))),
        filter("technician, word", format!("{}&q={common}", technician(3))),
        filter("technician, late", format!("{}&late=true", technician(3))),
        filter("newest technician, word of the oldest", format!("{newest}&q=antigamente")),
        filter("kind, priority, place", "kind=delivery&priority=urgent&place=remote".to_owned()),
        filter("word, attention", format!("q={usual}&attention=true")),
        filter("word, kind: rare", format!("q={common}&kind=audit")),
        filter(
            "closed, month, place",
            format!("category=closed&place=in_shop&created_from={}&created_until={}", day(-700), day(-670)),
        ),
    ]
}
