//! What stands on the papers, page by page, in every language.

mod paper;

use campo_documents::data::{CopyFor, Style};
use campo_documents::labels::{Label, LabelForm, LabelSheet};
use campo_documents::sample::{self, Size};
use campo_documents::{built_in_template, render, render_labels, template};
use campo_locale::Language;
use paper::Paper;

const EVERY_PAPER: [(CopyFor, Style); 4] = [
    (CopyFor::Customer, Style::Full),
    (CopyFor::Customer, Style::Compact),
    (CopyFor::Company, Style::Full),
    (CopyFor::Company, Style::Compact),
];

#[test]
fn every_language_copy_and_style_says_what_it_should_on_tagged_pages() {
    for language in Language::ALL {
        let [title, copies @ .., total, page] = words(language);
        for (copy, style) in EVERY_PAPER {
            let paper = Paper::of(&sample::full(copy, style, language));

            let said = [title, copies[usize::from(copy == CopyFor::Company)], total, "Hospital São Lucas"];
            for word in said {
                assert!(paper.says(word), "{language:?} {copy:?} {style:?}: {word}\n{}", paper.text());
            }
            for index in 0..paper.pages().len() {
                let number = (index + 1).to_string();
                let place = page.replace('9', &paper.pages().len().to_string()).replace('1', &number);
                assert!(paper.says_on(index, &place), "{language:?} {place}: {}", paper.text());
                assert!(paper.says_on(index, "2026-0042"), "{language:?} {place}");
            }
            assert!(paper.is_within_its_margins(), "{language:?} {copy:?} {style:?}");
            assert!(paper.is_tagged_for(language.as_str()), "{language:?}");
        }
    }
}

/// Title, the two copies, the total, "page 1 of 9".
const fn words(language: Language) -> [&'static str; 5] {
    match language {
        Language::English => {
            ["Service order 2026-0042", "Customer's copy", "Company's copy", "R$ 14,176.68", "Page 1 of 9"]
        }
        Language::Portuguese => [
            "Ordem de serviço 2026-0042",
            "Via do cliente",
            "Via da empresa",
            "R$ 14.176,68",
            "Página 1 de 9",
        ],
        Language::Spanish => [
            "Orden de servicio 2026-0042",
            "Copia del cliente",
            "Copia de la empresa",
            "R$ 14.176,68",
            "Página 1 de 9",
        ],
        Language::Romanian => [
            "Comandă de service 2026-0042",
            "Exemplarul clientului",
            "Exemplarul firmei",
            "14.176,68 lei",
            "Pagina 1 din 9",
        ],
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let document = sample::full(CopyFor::Company, Style::Full, Language::Spanish);

    let once = render(&document, &sample::pictures(), None).unwrap();
    let again = render(&document, &sample::pictures(), None).unwrap();

    assert!(once == again);
}

#[test]
fn what_is_internal_is_on_the_companys_copy_alone() {
    let internal =
        ["talk to Ana before the quote", "Underground car park", "warehouse", "For the company only"];
    let customers = Paper::of(&sample::full(CopyFor::Customer, Style::Full, Language::English));
    let companys = Paper::of(&sample::full(CopyFor::Company, Style::Full, Language::English));

    for words in internal {
        assert!(companys.says(words) && !customers.says(words), "{words}");
    }
}

#[test]
fn a_template_cannot_reach_what_its_copy_does_not_show() {
    let prying = "#repr(sys.inputs)";
    let document = sample::full(CopyFor::Customer, Style::Full, Language::English);

    let rendered = render(&document, &sample::pictures(), Some(prying)).unwrap();

    let paper = Paper::read(&rendered.pdf);
    assert!(paper.says("Hospital São Lucas") && !paper.says("talk to Ana") && !paper.says("Underground"));
}

#[test]
fn what_is_missing_is_named_and_a_missing_price_is_never_zero() {
    let paper = Paper::of(&sample::full(CopyFor::Customer, Style::Full, Language::English));
    let romanian =
        sample::of_size(CopyFor::Customer, Style::Compact, Language::Romanian, Size { lines: 0, photos: 80 });

    assert!(paper.says("1 photo had not arrived.") && paper.says("Photo on its way"));
    assert!(paper.says("to be confirmed") && paper.says("without 1 line that has no price yet"));
    assert!(Paper::of(&romanian).says("20 de fotografii nu sosiseră."));
}

#[test]
fn pages_break_where_they_should_for_few_and_many_lines_and_photos() {
    let pages = |style, lines, photos| {
        let size = Size { lines, photos };
        Paper::of(&sample::of_size(CopyFor::Customer, style, Language::Portuguese, size)).pages().len()
    };

    let full = [(1, 0), (60, 0), (1, 40), (60, 40)].map(|(lines, photos)| pages(Style::Full, lines, photos));
    let compact = [(1, 0), (60, 40)].map(|(lines, photos)| pages(Style::Compact, lines, photos));

    assert_eq!((full, compact), ([2, 3, 9, 10], [1, 4]));
}

#[test]
fn a_long_name_never_hides_the_quantity() {
    let mut document = sample::full(CopyFor::Customer, Style::Compact, Language::English);
    document.materials[0].description = "Ŵ".repeat(120);
    document.materials[0].quantity = "98765.4321".to_owned();

    let paper = Paper::of(&document);

    assert!(paper.is_within_its_margins());
    assert!(paper.says("98765.4321"), "{}", paper.text());
    assert_eq!(paper.text().matches('Ŵ').count(), 120);
}

#[test]
fn an_order_nobody_filled_in_is_a_page_too() {
    let paper = Paper::of(&sample::bare(CopyFor::Customer, Style::Full, Language::Romanian));

    assert_eq!(paper.pages().len(), 1);
    assert!(paper.says("Comanda nu are încă număr."));
}

#[test]
fn our_own_template_passes_the_judgement_of_templates() {
    assert_eq!(template::check(built_in_template()), Ok(()));
}

#[test]
fn a_template_is_told_where_it_is_wrong() {
    let problem = |source: &str| template::check(source).unwrap_err().remove(0);

    let unclosed = problem("= Hello\n#let x = (1,\n");
    let unknown_field = problem("= Hello\n\n#sys.inputs.order.numbr");
    let unknown_word = problem("#import \"/campo.typ\": *\n#words.gretings");
    let in_a_block = problem("#import \"/campo.typ\": *\n\n#lines(words.materials, 7)");

    assert_eq!((unclosed.line, unclosed.message.as_str()), (Some(2), "unclosed delimiter"));
    assert_eq!(unknown_field.line, Some(3));
    assert!(unknown_field.message.contains("numbr"), "{unknown_field:?}");
    assert!(unknown_word.line == Some(2) && unknown_word.message.contains("gretings"), "{unknown_word:?}");
    assert_eq!(in_a_block.line, Some(3), "{in_a_block:?}");
}

#[test]
fn a_template_reaches_no_file_no_package_and_no_clock() {
    for reaching in [
        "#read(\"/etc/passwd\")",
        "#read(\"../../etc/passwd\")",
        "#image(\"/proc/self/environ\")",
        "#import \"@preview/cetz:0.3.0\"",
        "#plugin(\"/usr/lib/x.wasm\")",
        "#datetime.today()",
        "#include \"/etc/hostname\"",
    ] {
        let problems = template::check(reaching).unwrap_err();

        assert_eq!(problems[0].line, Some(1), "{reaching}: {problems:?}");
    }
}

#[test]
fn every_example_of_the_page_about_templates_can_be_saved() {
    let page = include_str!("../../docs/document-templates.md");
    let examples: Vec<&str> = page
        .split("```typst\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(code, _)| code)
        .collect();

    assert_eq!(examples.len(), 3);
    assert!(built_in_template().ends_with(examples[0]), "the first example is our own template");
    for example in examples {
        assert_eq!(template::check(example), Ok(()), "{example}");
    }
}

#[test]
fn letters_that_no_font_has_keep_no_order_from_being_printed() {
    for (copy, style) in EVERY_PAPER {
        let mut document = sample::bare(copy, style, Language::Portuguese);
        document.order.reason = "Não gela 👍\u{1f3fd} 漢字 \u{202e}\u{fdd0}".to_owned();

        let paper = Paper::of(&document);

        assert!(paper.says("Não gela ??"), "{}", paper.text());
        assert!(paper.is_tagged_for("pt-BR"));
    }
}

#[test]
fn every_form_of_labels_says_what_each_is_on() {
    let label = |number: usize| Label {
        url: format!("https://campo.example/e/{number}"),
        name: format!("Chiller {number}"),
        details: "Carrier, 30RB-080, nº 4419".to_owned(),
        code: format!("CH-{number:02}"),
    };
    for form in LabelForm::ALL {
        let sheet = LabelSheet {
            language: Language::Portuguese,
            organization: "Refrigeração Boa Vista".to_owned(),
            form,
            skip: form.count() - 1,
            labels: (1..=3).map(label).collect(),
        };

        let rendered = render_labels(&sheet).expect("our own labels render");

        let paper = Paper::read(&rendered.pdf);
        let first = ["Chiller 1", "CH-01", "Carrier, 30RB-080, nº 4419", "Refrigeração Boa Vista"];
        assert!(first.iter().all(|word| paper.says_on(0, word)), "{form:?}: {}", paper.text());
        assert!(paper.says_on(1, "Chiller 2") && paper.says("Chiller 3"), "{form:?}: {}", paper.text());
        assert_eq!(rendered.page_count, if form == LabelForm::Roll { 3 } else { 2 }, "{form:?}");
        assert!(paper.is_tagged_for("pt-BR"), "{form:?}");
    }
}
