//! Names that are common in Texas, most frequent first, by the groups among whom they are common; and the long tail of
//! rare ones, put together from the beginnings and endings that such names have.

use model::{PersonName, Sex};

use super::dice::Dice;

/// The groups by which names, languages and race differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Group {
    Hispanic,
    White,
    Black,
    Asian,
    Native,
}

#[rustfmt::skip]
const HISPANIC_FAMILIES: [&str; 72] = [
    "Garcia", "Martinez", "Rodriguez", "Hernandez", "Gonzalez", "Lopez", "Perez", "Sanchez", "Ramirez", "Flores",
    "Torres", "Rivera", "Gomez", "Garza", "Reyes", "Cruz", "Morales", "Gutierrez", "Ortiz", "Ramos", "Mendoza",
    "Ruiz", "Castillo", "Alvarez", "Vasquez", "Jimenez", "Moreno", "Trevino", "Salinas", "Cantu", "Medina", "Guerra",
    "Aguilar", "Vargas", "Castro", "Guzman", "Herrera", "Muñoz", "Rojas", "Vega", "Soto", "Delgado", "Peña", "Rios",
    "Cortez", "Sandoval", "Contreras", "Guerrero", "Estrada", "Villarreal", "Ibarra", "Fuentes", "De La Cruz",
    "De Leon", "De La Garza", "Cavazos", "Longoria", "Zamora", "Luna", "Rosales", "Benavides", "Cisneros", "Escobedo",
    "Montoya", "Ochoa", "Pacheco", "Quintanilla", "Saenz", "Tijerina", "Uribe", "Zapata", "Nuñez",
];

#[rustfmt::skip]
const WHITE_FAMILIES: [&str; 80] = [
    "Smith", "Johnson", "Williams", "Jones", "Brown", "Davis", "Miller", "Wilson", "Moore", "Taylor", "Anderson",
    "Thomas", "Jackson", "White", "Harris", "Martin", "Thompson", "Robinson", "Clark", "Lewis", "Lee", "Walker",
    "Hall", "Allen", "Young", "King", "Wright", "Scott", "Green", "Baker", "Adams", "Nelson", "Hill", "Campbell",
    "Mitchell", "Roberts", "Carter", "Phillips", "Evans", "Turner", "Parker", "Collins", "Edwards", "Stewart",
    "Morris", "Murphy", "Cook", "Rogers", "Morgan", "Cooper", "Peterson", "Reed", "Bailey", "Kelly", "Howard", "Ward",
    "Cox", "Richardson", "Wood", "Watson", "Brooks", "Bennett", "Gray", "James", "Hughes", "Price", "Myers", "Long",
    "Foster", "Sanders", "Ross", "McDonald", "O'Brien", "Schmidt", "Schneider", "Kowalski", "Novak", "Hoffman",
    "St. Clair", "Smith-Jones",
];

#[rustfmt::skip]
const BLACK_FAMILIES: [&str; 32] = [
    "Williams", "Johnson", "Smith", "Jones", "Brown", "Jackson", "Davis", "Thomas", "Harris", "Robinson", "Taylor",
    "Wilson", "Moore", "White", "Lewis", "Walker", "Green", "Washington", "Thompson", "Anderson", "Scott", "Carter",
    "Wright", "Miller", "Hill", "Allen", "Mitchell", "Young", "Banks", "Jefferson", "Okafor", "Adeyemi",
];

#[rustfmt::skip]
const ASIAN_FAMILIES: [&str; 32] = [
    "Nguyen", "Tran", "Patel", "Le", "Kim", "Pham", "Lee", "Chen", "Singh", "Wang", "Khan", "Wong", "Li", "Liu",
    "Shah", "Vu", "Ali", "Park", "Huynh", "Reddy", "Santos", "Reyes", "Kumar", "Zhang", "Yang", "Hoang", "Sharma",
    "Dang", "Ahmed", "Bui", "Do", "Rao",
];

#[rustfmt::skip]
const HISPANIC_GIRLS: [&str; 48] = [
    "Sofia", "Camila", "Isabella", "Mia", "Valentina", "Maria", "Emily", "Ximena", "Victoria", "Daniela", "Natalia",
    "Genesis", "Samantha", "Luna", "Mariana", "Fernanda", "Jocelyn", "Andrea", "Ana", "Valeria", "Guadalupe", "Alexa",
    "Melanie", "Camilla", "Gabriela", "Jimena", "Renata", "Regina", "Paola", "Alejandra", "Leslie", "Ashley", "Diana",
    "Esmeralda", "Itzel", "Julieta", "Karla", "Lucia", "Marisol", "Monserrat", "Perla", "Rocio", "Rosa", "Selena",
    "Ximena Sofia", "Yaretzi", "Zoe", "Elena",
];

#[rustfmt::skip]
const HISPANIC_BOYS: [&str; 48] = [
    "Jose", "Juan", "Luis", "Angel", "Diego", "Mateo", "Jesus", "Carlos", "Sebastian", "Santiago", "Daniel",
    "Alejandro", "David", "Gabriel", "Jorge", "Miguel", "Adrian", "Isaac", "Ivan", "Francisco", "Julian", "Emiliano",
    "Leonardo", "Eduardo", "Fernando", "Ricardo", "Oscar", "Hector", "Javier", "Raul", "Roberto", "Andres", "Omar",
    "Manuel", "Rafael", "Mario", "Cesar", "Ruben", "Sergio", "Marco", "Damian", "Emmanuel", "Joaquin", "Pablo",
    "Rodrigo", "Salvador", "Tomas", "Xavier",
];

#[rustfmt::skip]
const GIRLS: [&str; 64] = [
    "Emma", "Olivia", "Ava", "Charlotte", "Sophia", "Amelia", "Harper", "Evelyn", "Abigail", "Emily", "Elizabeth",
    "Avery", "Ella", "Madison", "Scarlett", "Grace", "Chloe", "Riley", "Lily", "Aria", "Zoey", "Hannah", "Layla",
    "Nora", "Addison", "Aubrey", "Brooklyn", "Savannah", "Claire", "Lucy", "Paisley", "Kennedy", "Caroline", "Anna",
    "Sarah", "Hailey", "Kaylee", "Ruby", "Alice", "Sadie", "Eva", "Allison", "Madelyn", "Piper", "Lydia", "Peyton",
    "Jade", "Reagan", "Taylor", "Katherine", "Rebecca", "Jessica", "Jennifer", "Amanda", "Brittany", "Nicole",
    "Rachel", "Lauren", "Megan", "Stephanie", "Heather", "Amber", "Laura", "Mary",
];

#[rustfmt::skip]
const BOYS: [&str; 64] = [
    "Liam", "Noah", "James", "William", "Benjamin", "Lucas", "Henry", "Alexander", "Mason", "Michael", "Ethan",
    "Jacob", "Logan", "Jackson", "Levi", "Samuel", "John", "Owen", "Wyatt", "Jack", "Luke", "Jayden", "Dylan",
    "Grayson", "Isaac", "Caleb", "Nathan", "Thomas", "Hunter", "Christian", "Joshua", "Andrew", "Lincoln", "Ryan",
    "Eli", "Aaron", "Charles", "Hudson", "Colton", "Cameron", "Austin", "Landon", "Carson", "Easton", "Cooper",
    "Parker", "Robert", "Joseph", "Christopher", "Matthew", "Anthony", "Brandon", "Justin", "Kevin", "Brian", "Jason",
    "Eric", "Jeffrey", "Scott", "Timothy", "Richard", "Mark", "Steven", "Travis",
];

#[rustfmt::skip]
const ASIAN_GIRLS: [&str; 20] = [
    "Anh", "Linh", "Priya", "Mei", "Grace", "Thao", "Anjali", "Chloe", "Jasmine", "Hana", "Aisha", "Lan", "Kavya",
    "Emily", "Michelle", "Sana", "Trang", "Divya", "Vivian", "Amy",
];

#[rustfmt::skip]
const ASIAN_BOYS: [&str; 20] = [
    "Minh", "Kevin", "Arjun", "Daniel", "Wei", "Rohan", "Jason", "Tuan", "Ryan", "Amir", "Vikram", "Andrew", "Huy",
    "Omar", "Nikhil", "Brian", "Jun", "Sanjay", "Eric", "Duc",
];

/// Beginnings and endings of a kind of rare names.
type Rare = (&'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const RARE_HISPANIC_FAMILIES: Rare = (
    &["Alv", "Arg", "Ba", "Barr", "Ber", "Bust", "Cald", "Camp", "Carr", "Cerv", "Cor", "Est", "Esc", "Esp", "Far",
      "Gall", "Gal", "Gran", "Hin", "Jara", "Lar", "Leal", "Mald", "Man", "Mat", "Mir", "Mon", "Nav", "Olv", "Ord",
      "Oroz", "Pal", "Par", "Pin", "Quez", "Rend", "Rob", "Sald", "Sam", "Sep", "Tam", "Tov", "Val", "Ver", "Vill"],
    &["ado", "ares", "arro", "edo", "ega", "elo", "era", "eros", "illo", "ina", "iño", "izo", "oa", "ola", "ona",
      "onte", "osa", "uela", "uera", "ueda", "una", "uro", "ales", "anez", "ubia", "azar"],
);

#[rustfmt::skip]
const RARE_FAMILIES: Rare = (
    &["Ash", "Bar", "Beck", "Ber", "Black", "Brad", "Brook", "Buck", "Burn", "Cald", "Car", "Chat", "Clay", "Crow",
      "Dal", "Dun", "East", "Far", "Fitz", "Gar", "Gil", "Had", "Hark", "Haw", "Hol", "Hunt", "Kemp", "Kil", "Lang",
      "Lind", "Lock", "Mar", "Mul", "New", "Nor", "Oak", "Pem", "Pres", "Rad", "Red", "Rock", "Shel", "Sin", "Stan",
      "Stock", "Thorn", "Tre", "Wake", "Wal", "Whit", "Win", "Wood"],
    &["berg", "bert", "born", "by", "cliff", "den", "der", "dorf", "feld", "field", "ford", "gate", "ham", "haus",
      "hurst", "kins", "land", "ler", "ley", "low", "man", "mer", "mond", "more", "ner", "ridge", "sen", "shaw", "son",
      "stein", "stone", "ton", "wald", "ward", "well", "wick", "wood", "worth"],
);

#[rustfmt::skip]
const RARE_ASIAN_FAMILIES: Rare = (
    &["Agar", "Bala", "Chak", "Cho", "Desh", "Dinh", "Fuku", "Gup", "Hash", "Iyen", "Kat", "Kri", "Lam", "Mat", "Mur",
      "Naka", "Pill", "Quach", "Raj", "Sato", "Sri", "Tana", "Thak", "Ven", "Yama"],
    &["a", "ai", "an", "ani", "ar", "awa", "em", "eng", "ida", "ingh", "kar", "mi", "moto", "na", "nath", "oka", "pal",
      "sh", "ta", "wal", "war", "yen"],
);

#[rustfmt::skip]
const RARE_GIRLS: Rare = (
    &["Ada", "Ali", "Ana", "Ari", "Bri", "Car", "Dan", "Ela", "Eme", "Fay", "Gwe", "Jan", "Jay", "Jo", "Kay", "Kel",
      "Lea", "Lu", "Mae", "Mak", "Mar", "Mel", "Nia", "Ray", "Ros", "Sha", "Ta", "Val", "Zar"],
    &["bel", "belle", "ce", "cia", "da", "dra", "la", "lee", "leen", "leigh", "lena", "lia", "lie", "lina", "line",
      "lisa", "lyn", "lynn", "mi", "na", "nelle", "nette", "ra", "ria", "rina", "sa", "sha", "tha", "wen", "zia"],
);

#[rustfmt::skip]
const RARE_BOYS: Rare = (
    &["Al", "Ar", "Ben", "Bra", "Bro", "Cal", "Cor", "Da", "Del", "Don", "Ed", "El", "Fer", "Gar", "Har", "Jam", "Jar",
      "Kel", "Ken", "Kin", "Lan", "Mal", "Mar", "Mer", "Nor", "Ray", "Rod", "Ste", "Ter", "Tre", "Van", "Wes", "Zan"],
    &["bert", "by", "cus", "dan", "den", "don", "dric", "drick", "ford", "gan", "len", "ley", "lon", "man", "mar",
      "mon", "nard", "nell", "ner", "nie", "ren", "rett", "rick", "ron", "shawn", "son", "ton", "vin", "von", "win"],
);

/// Of a hundred people so many have a rare surname.
const RARE_FAMILIES_PERCENT: u64 = 45;
/// Of a hundred people so many have a rare first name.
const RARE_GIVEN_PERCENT: u64 = 30;

/// The common name that the dice give, or a rare one in its place. Throws as often as without rare names.
fn common_or_rare(dice: &mut Dice, percent: u64, common: &[&'static str], (starts, ends): Rare) -> String {
    let mut apart = Dice::of(dice.clone().next(), 7, 0);
    let common = dice.common(common);
    match apart.percent(percent) {
        true => format!("{}{}", apart.common(starts), apart.common(ends)),
        false => common.to_owned(),
    }
}

/// A household's surname.
pub(super) fn family(dice: &mut Dice, group: Group) -> String {
    let (common, rare): (&[&str], Rare) = match group {
        Group::Hispanic => (&HISPANIC_FAMILIES, RARE_HISPANIC_FAMILIES),
        Group::White | Group::Native => (&WHITE_FAMILIES, RARE_FAMILIES),
        Group::Black => (&BLACK_FAMILIES, RARE_FAMILIES),
        Group::Asian => (&ASIAN_FAMILIES, RARE_ASIAN_FAMILIES),
    };
    common_or_rare(dice, RARE_FAMILIES_PERCENT, common, rare)
}

/// A first name.
pub(super) fn given(dice: &mut Dice, group: Group, sex: Sex) -> String {
    let rare = if sex == Sex::F { RARE_GIRLS } else { RARE_BOYS };
    common_or_rare(dice, RARE_GIVEN_PERCENT, common_given(group, sex), rare)
}

fn common_given(group: Group, sex: Sex) -> &'static [&'static str] {
    let is_girl = sex == Sex::F;
    match (group, is_girl) {
        (Group::Hispanic, true) => &HISPANIC_GIRLS,
        (Group::Hispanic, false) => &HISPANIC_BOYS,
        (Group::Asian, true) => &ASIAN_GIRLS,
        (Group::Asian, false) => &ASIAN_BOYS,
        (_, true) => &GIRLS,
        (_, false) => &BOYS,
    }
}

/// A legal name with or without a second given name.
pub(super) fn legal_name(dice: &mut Dice, group: Group, sex: Sex, family: String) -> PersonName {
    let given = given(dice, group, sex);
    let middle = match dice.below(10) {
        0..=5 => self::given(dice, group, sex),
        6..=7 => self::given(dice, group, sex).chars().take(1).collect(),
        _ => String::new(),
    };
    let middle = if middle == given { String::new() } else { middle };
    PersonName { family, given, middle, suffix: String::new(), kind: "L".to_owned() }
}
