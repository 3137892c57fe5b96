//! Times in Spanish.

use jiff::Zoned;
use jiff::civil::Weekday;
use model::letters_of_both;

const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// `de las 7:00 p. m. del viernes 31 de mayo de 2024 a las 5:00 a. m. del sábado 1 de junio de 2024 (hora del Centro)`;
/// two ends on one day print the day once, two in one minute that minute (`a las 7:00 p. m. del ...`), and clocks that
/// change in between are named.
pub(super) fn span(start: &Zoned, end: &Zoned, label: impl Fn(&str) -> String) -> String {
    if start.offset() != end.offset() {
        let letters = |at: &Zoned| at.strftime("%Z").to_string();
        let (start_day, end_day) = (day(start), day(end));
        let (first, last) = (letters(start), letters(end));
        return format!("de {} {first} del {start_day} a {} {last} del {end_day}", clock(start), clock(end));
    }
    let zone = label(&letters_of_both(start, end));
    if clock(start) == clock(end) && start.date() == end.date() {
        return format!("a {} del {} ({zone})", clock(start), day(start));
    }
    if start.date() == end.date() {
        return format!("de {} a {} del {} ({zone})", clock(start), clock(end), day(start));
    }
    format!("de {} del {} a {} del {} ({zone})", clock(start), day(start), clock(end), day(end))
}

/// `viernes 31 de mayo de 2024`
pub(super) fn day(at: &Zoned) -> String {
    let month = MONTHS[usize::from(at.month().unsigned_abs()) - 1];
    format!("{} {} de {month} de {}", weekday(at.weekday()), at.day(), at.year())
}

/// `las 7:00 p. m.`, `la 1:30 a. m.`
pub(super) fn clock(at: &Zoned) -> String {
    let half = if at.hour() < 12 { "a. m." } else { "p. m." };
    let hour = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let article = if hour == 1 { "la" } else { "las" };
    format!("{article} {hour}:{:02} {half}", at.minute())
}

/// `10 horas`
pub(super) fn duration(minutes: i64) -> String {
    let count = |number: i64, noun: &str| if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") };
    match (minutes / 60, minutes % 60) {
        (0, 0) => "menos de un minuto".to_owned(),
        (0, minutes) => count(minutes, "minuto"),
        (hours, 0) => count(hours, "hora"),
        (hours, minutes) => format!("{} {}", count(hours, "hora"), count(minutes, "minuto")),
    }
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "lunes",
        Weekday::Tuesday => "martes",
        Weekday::Wednesday => "miércoles",
        Weekday::Thursday => "jueves",
        Weekday::Friday => "viernes",
        Weekday::Saturday => "sábado",
        Weekday::Sunday => "domingo",
    }
}
