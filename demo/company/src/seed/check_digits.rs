//! Tax ids with check digits that hold. Never the number of a real person or company on purpose.

const CPF_WEIGHT_MAX: u32 = 11;
const CNPJ_WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];

/// The CPF of nine digits, with its check digits and the usual punctuation.
pub fn cpf(base: &str) -> String {
    let mut places = base.to_owned();
    for first_weight in [CPF_WEIGHT_MAX - 1, CPF_WEIGHT_MAX] {
        let weights = (2..=first_weight).rev();
        places.push(check_digit(places.bytes().zip(weights)));
    }
    format!("{}.{}.{}-{}", &places[..3], &places[3..6], &places[6..9], &places[9..])
}

/// The CNPJ of twelve places, which may hold upper-case letters, with its check digits and the usual punctuation.
pub fn cnpj(base: &str) -> String {
    let mut places = base.to_owned();
    for skipped in [1, 0] {
        let weights = CNPJ_WEIGHTS.into_iter().skip(skipped);
        places.push(check_digit(places.bytes().zip(weights)));
    }
    format!("{}.{}.{}/{}-{}", &places[..2], &places[2..5], &places[5..8], &places[8..12], &places[12..])
}

/// A place counts as its ASCII code less 48, so that digits count as themselves and `A` as 17.
fn check_digit(places: impl Iterator<Item = (u8, u32)>) -> char {
    let sum: u32 = places.map(|(place, weight)| u32::from(place - b'0') * weight).sum();
    let digit = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    char::from_digit(digit, 10).expect("eleven less two or more is one digit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_examples_come_out() {
        assert_eq!(cpf("529982247"), "529.982.247-25");
        assert_eq!(cnpj("112223330001"), "11.222.333/0001-81");
        assert_eq!(cnpj("12ABC34501DE"), "12.ABC.345/01DE-35");
    }
}
