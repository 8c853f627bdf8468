//! The parts of the sample, as people would have recorded them.

use crate::data::{
    Answer, AnswerValue, Contact, Customer, Drawing, Equipment, Expense, Line, Moment, Note, OrderFields,
    Organization, Pause, Photo, PhotoStage, Priority, Signature, Site, Source, TimeTrust, Visit,
};

use super::DATED_MS;

pub const LOGO: &str = "logo";
pub const PHOTO: &str = "photo";
const MINUTE_MS: i64 = 60_000;
const ANA: &str = "Ana Lúcia Moraes";
const BRUNO: &str = "Bruno Ferreira";
const HASH: &str = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d";

pub fn organization() -> Organization {
    Organization {
        name: "Boa Vista Climatização".to_owned(),
        legal_name: "Boa Vista Serviços de Climatização Ltda.".to_owned(),
        tax_id: "11.222.333/0001-81".to_owned(),
        address: vec!["Rua das Acácias, 418, sala 3".to_owned(), "80420-010 Curitiba – PR".to_owned()],
        phone: "+55 41 3322-1177".to_owned(),
        email: "atendimento@boavista.example".to_owned(),
        logo: Some(LOGO.to_owned()),
    }
}

pub fn customer() -> Customer {
    Customer {
        name: "Hospital São Lucas".to_owned(),
        legal_name: "Associação Beneficente São Lucas".to_owned(),
        tax_id: "12.ABC.345/01DE-35".to_owned(),
        phone: "+55 41 3300-4500".to_owned(),
        email: "manutencao@saolucas.example".to_owned(),
    }
}

pub fn site() -> Site {
    Site {
        name: "Bloco B, casa de máquinas".to_owned(),
        address: vec![
            "Av. Sete de Setembro, 2775, subsolo 2".to_owned(),
            "Rebouças".to_owned(),
            "80230-010 Curitiba – PR".to_owned(),
        ],
    }
}

pub fn contact() -> Contact {
    Contact {
        name: "Márcio Țurcanu".to_owned(),
        position: "Facilities".to_owned(),
        phone: "+55 41 98877-6655".to_owned(),
        email: String::new(),
    }
}

pub fn order() -> OrderFields {
    OrderFields {
        number: Some("2026-0042".to_owned()),
        kind: "Corrective maintenance".to_owned(),
        reason: "The chiller stops after ten minutes with a high-pressure alarm. The second compressor has been off \
                 since Monday; two operating theatres depend on it."
            .to_owned(),
        status: "in progress".to_owned(),
        priority: Priority::Urgent,
        created_ms: Some(at(-1_500)),
        window_ms: Some((at(-460), at(-400))),
        promised_ms: Some(at(2_880)),
    }
}

pub fn equipment() -> Vec<Equipment> {
    let equipment =
        |name: &str, details: &str| Equipment { name: name.to_owned(), details: details.to_owned() };
    vec![
        equipment("Chiller 30RB-080", "Carrier, 2019, nº 4419-C-07731"),
        equipment("Water pump 2", "KSB Etanorm 50-160"),
    ]
}

pub fn visits() -> Vec<Visit> {
    let lunch = Pause {
        from: moment(-250, TimeTrust::Anchored, Some(1_400)),
        until: Some(moment(-205, TimeTrust::Anchored, Some(1_400))),
        reason: "waiting for access to the roof".to_owned(),
    };
    vec![
        Visit {
            technician: BRUNO.to_owned(),
            travel_start: Some(moment(-455, TimeTrust::Anchored, Some(900))),
            check_in: Some(moment(-420, TimeTrust::Anchored, Some(900))),
            pauses: vec![lunch],
            check_out: Some(moment(-20, TimeTrust::Offset, Some(300_040))),
        },
        Visit {
            technician: ANA.to_owned(),
            travel_start: None,
            check_in: Some(moment(-415, TimeTrust::DeviceOnly, None)),
            pauses: Vec::new(),
            check_out: None,
        },
    ]
}

/// The materials of the sample, over and over; the third has no price and the fourth a name of 120 letters.
pub fn material(index: usize) -> Line {
    let description = match index % 4 {
        0 => "Drier filter 3/8\"",
        1 => "Refrigerant R-410A",
        2 => "Pressure switch, high side",
        _ => {
            "Hermetic scroll compressor with crankcase heater, vibration dampers, oil charge and electrical \
             protection kit, 380 V 60 Hz"
        }
    };
    let price_minor = [Some(8_790), Some(11_250), None, Some(1_284_900)][index % 4];
    let mut line =
        line(description, ["2", "3.75", "1", "1"][index % 4], ["", "kg", "", ""][index % 4], price_minor);
    line.source = [Some(Source::Van), Some(Source::Warehouse), Some(Source::Bought), None][index % 4];
    line.is_additional = index % 4 == 3;
    line
}

pub fn services() -> Vec<Line> {
    vec![
        line("Diagnosis and leak test", "1", "", Some(38_000)),
        line("Technician's hour", "2.5", "h", Some(14_000)),
    ]
}

fn line(description: &str, quantity: &str, unit: &str, price_minor: Option<i64>) -> Line {
    Line {
        description: description.to_owned(),
        quantity: quantity.to_owned(),
        unit: unit.to_owned(),
        price_minor,
        total_minor: price_minor.map(|price_minor| match quantity {
            "2" => 2 * price_minor,
            "2.5" => 5 * price_minor / 2,
            "3.75" => (15 * price_minor + 2) / 4,
            _ => price_minor,
        }),
        is_additional: false,
        source: None,
        by: BRUNO.to_owned(),
    }
}

pub fn expenses(currency: &str) -> Vec<Expense> {
    vec![Expense {
        kind: "parking".to_owned(),
        amount_minor: 1_800,
        currency: currency.to_owned(),
        description: "Underground car park, gate B".to_owned(),
        by: BRUNO.to_owned(),
    }]
}

pub fn checklist() -> Vec<Answer> {
    let answer = |question: &str, value| Answer {
        question: question.to_owned(),
        value,
        by: ANA.to_owned(),
        at: moment(-380, TimeTrust::DeviceOnly, None),
    };
    vec![
        answer("Power cut and locked before opening the panel", AnswerValue::Yes),
        answer("Condenser coils free of dirt", AnswerValue::No),
        answer("Drain pan heater works", AnswerValue::NotApplicable),
        answer("Suction pressure", AnswerValue::Number { value: "118.5".to_owned(), unit: "psi".to_owned() }),
        answer(
            "State of the belts",
            AnswerValue::Text { value: "Worn on one side; replaced on the second visit".to_owned() },
        ),
    ]
}

pub fn notes() -> Vec<Note> {
    let note = |text: &str, is_internal| Note {
        text: text.to_owned(),
        is_internal,
        by: BRUNO.to_owned(),
        at: moment(-30, TimeTrust::Anchored, Some(900)),
    };
    vec![
        note(
            "High-pressure switch replaced and both circuits recharged. The condenser needs a chemical cleaning before \
             the summer; a quote follows.",
            false,
        ),
        note("The customer asked for a discount on the compressor; talk to Ana before the quote.", true),
    ]
}

/// Every fourth photo of the sample is on its way.
pub fn photo(index: usize) -> Photo {
    let stage = [PhotoStage::Before, PhotoStage::During, PhotoStage::After][index % 3];
    let caption = ["Gauge before the work", "", "Both circuits recharged, panel closed"][index % 3];
    Photo {
        picture: (index % 4 != 3).then(|| PHOTO.to_owned()),
        sha256: HASH.to_owned(),
        stage,
        caption: caption.to_owned(),
        by: BRUNO.to_owned(),
        at: moment(-300 + i64::try_from(index).unwrap_or_default(), TimeTrust::Anchored, Some(900)),
    }
}

pub fn signatures() -> Vec<Signature> {
    vec![
        Signature {
            signer_name: "Márcio Țurcanu".to_owned(),
            document_number: "529.982.247-25".to_owned(),
            signer_role: "Person in charge".to_owned(),
            drawing: Some(Drawing::Strokes { strokes: strokes() }),
            refusal: None,
            terms: "I received the work and the materials above. This is a simple electronic signature."
                .to_owned(),
            at: moment(-12, TimeTrust::Anchored, Some(900)),
            snapshot_sha256: HASH.to_owned(),
        },
        Signature {
            signer_name: "Dra. Helena Prado".to_owned(),
            document_number: String::new(),
            signer_role: "Night shift".to_owned(),
            drawing: None,
            refusal: Some("Wants to see the repaired compressor run for a night first.".to_owned()),
            terms: String::new(),
            at: moment(-8, TimeTrust::DeviceOnly, None),
            snapshot_sha256: HASH.to_owned(),
        },
    ]
}

/// A flourish: loops of shrinking height, then a line under them.
fn strokes() -> Vec<Vec<(f32, f32)>> {
    let loops = (0_u16..=160).map(|step| {
        let turn = f32::from(step) / 160.0;
        let angle = turn * 22.0;
        (turn * 260.0 + 14.0 * angle.cos(), 45.0 + (38.0 - 24.0 * turn) * angle.sin())
    });
    vec![loops.collect(), vec![(20.0, 96.0), (150.0, 88.0), (300.0, 92.0)]]
}

fn at(minutes: i64) -> i64 {
    DATED_MS + minutes * MINUTE_MS
}

fn moment(minutes: i64, trust: TimeTrust, uncertainty_ms: Option<i64>) -> Moment {
    Moment { at_ms: at(minutes), trust, uncertainty_ms }
}
