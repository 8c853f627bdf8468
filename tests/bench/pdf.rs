//! How many pages of service orders are printed in a second. Never counts a page twice: each is laid out anew.

use std::time::Instant;

use campo::documents::Printer;
use campo_documents::data::{CopyFor, ServiceOrderDocument, Style};
use campo_documents::pipe::{Job, Outcome};
use campo_documents::sample::{self, Size as SampleSize};
use campo_locale::Language;

use crate::report::{Report, Spread};
use crate::size::Size;

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("pdf");
    let program = std::env::current_exe().expect("a running program has a path");
    let printer = Printer::new(program);
    for (name, document) in papers() {
        let job = job(document);
        let (page_count, here) = in_this_process(size, &job);
        let child = in_a_child(size, &printer, &job).await;
        let pages = page_count as f64;
        report.add(vec![
            ("paper", name.into()),
            ("pages", page_count.into()),
            ("ms", here.into()),
            ("pages/s", (pages * 1e3 / here.median()).into()),
            ("child ms", child.into()),
            ("child pages/s", (pages * 1e3 / child.median()).into()),
        ]);
    }
    report
}

fn papers() -> Vec<(&'static str, ServiceOrderDocument)> {
    let paper = |style, lines, photos| {
        let size = SampleSize { lines, photos };
        sample::of_size(CopyFor::Customer, style, Language::Portuguese, size)
    };
    vec![
        ("compact, 4 lines, no photo", paper(Style::Compact, 4, 0)),
        ("full, 4 lines, 6 photos", paper(Style::Full, 4, 6)),
        ("full, 60 lines, 40 photos", paper(Style::Full, 60, 40)),
    ]
}

fn job(document: ServiceOrderDocument) -> Job {
    Job::Render { document: Box::new(document), pictures: sample::pictures(), template: None }
}

/// Without the start of a process: what printing itself costs.
fn in_this_process(size: Size, job: &Job) -> (usize, Spread) {
    let mut page_count = 0;
    let mut measured = Vec::new();
    for repetition in 0..=size.repetitions() {
        let start = Instant::now();
        let outcome = job.run();
        let elapsed_ms = start.elapsed().as_secs_f64() * 1e3;
        page_count = pages_of(&outcome);
        if repetition > 0 {
            measured.push(elapsed_ms);
        }
    }
    (page_count, Spread::of(measured))
}

/// As the server does it.
async fn in_a_child(size: Size, printer: &Printer, job: &Job) -> Spread {
    let mut measured = Vec::new();
    for _ in 0..size.repetitions() {
        let start = Instant::now();
        let outcome = printer.run(job).await.expect("the child answers");
        pages_of(&outcome);
        measured.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Spread::of(measured)
}

fn pages_of(outcome: &Outcome) -> usize {
    let Outcome::Rendered { page_count, .. } = outcome else { panic!("the sample renders: {outcome:?}") };
    *page_count
}
