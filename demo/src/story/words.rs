//! Campo's own sentences about the story's orders, in the organization's language and in English. Writes none itself.

use campo::messages::Language;
use campo::sentences::{self, Names, OrderSentences, Wording};
use sync_core::ids::UserId;
use sync_core::order::{Order, Workflows};
use sync_core::time::Timestamp;

use crate::telling;
use campo_demo_company::clock;
use campo_demo_company::seed::{CURRENCY, Company, ZONE};

const LANGUAGES: [(Language, &str); 2] = [(Language::Portuguese, "pt-BR"), (Language::English, "en")];

/// What the people of the story are called.
#[derive(Debug)]
pub struct Words(Names);

impl Words {
    pub fn of(company: &Company) -> Self {
        let people = company.technicians.iter().chain([&company.dispatcher]);
        let people = people.map(|person| (person.id, person.name.to_owned())).collect();
        Self(Names { people, ..Names::default() })
    }

    /// Remembers when somebody's access ended.
    pub fn access_ended(&mut self, user: UserId, at: Timestamp) {
        self.0.access_ended.insert(user, at);
    }

    /// Tells what is open in an order, in both languages.
    pub fn tell(&self, order: &Order, reader: Option<UserId>, which: impl Fn(&OrderSentences) -> &[String]) {
        for (language, name) in LANGUAGES {
            let told = self.told(order, reader, language);
            which(&told).iter().for_each(|sentence| telling::sentence(name, sentence));
        }
    }

    /// The sentences the organization's own language has for an order.
    pub fn told_at_home(&self, order: &Order, reader: UserId) -> OrderSentences {
        self.told(order, Some(reader), Language::Portuguese)
    }

    fn told(&self, order: &Order, reader: Option<UserId>, language: Language) -> OrderSentences {
        let wording = Wording {
            language,
            zone: sentences::zone(ZONE),
            currency: CURRENCY,
            now: clock::now(),
            reader,
            names: &self.0,
        };
        sentences::of(order, &Workflows::default(), &wording)
    }
}
